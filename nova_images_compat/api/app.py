# SPDX-License-Identifier: Apache-2.0

"""Makes the WSGI applications, for callers and for paste.deploy."""

from collections.abc import Mapping
from importlib import metadata
import os
import pathlib
from typing import Any

from oslo_config import cfg

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api.controllers import versions
from nova_images_compat.api import guest
from nova_images_compat.api.pipeline import deprecation
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat.conf import database
from nova_images_compat.conf import filter_options
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image import loader
from nova_images_compat import log
from nova_images_compat import policy

LOG = log.getLogger(__name__)

APPLICATION = 'main'
DISTRIBUTION = 'nova-images-compat'
INSTALLED = 'etc/nova-images-compat'
PASTE_FILE = 'api-paste.ini'


def load(conf: cfg.ConfigOpts) -> paste.WSGIApplication:
    """Make the application that ``[wsgi] api_paste_config`` describes.

    :param conf: the service's configuration
    :raises: ConfigurationError
    :raises: DatabaseNotReady: the database cannot be used
    """
    return paste.get_app(
        paste.open_file(paste_file(conf)), APPLICATION,
        {paste.CONF_KEY: conf})


def images_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> paste.WSGIApplication:
    """Make the images API; a paste.deploy application factory.

    :raises: ConfigurationError, DatabaseNotReady
    """
    conf = global_conf[paste.CONF_KEY]
    store = loader.load_store(conf)
    store.check_writes()
    return _with_successor(
        conf, store, _make_router(conf, store, policy.Policy(conf)))


def load_guest(options: Mapping[str, str]) -> guest.Guest:
    """Make the images API for the pipeline of another service, Nova.

    If only metadata writes cannot work, the log says so, these requests get
    a 503, and all others work.

    :param options: the options of the filter's section in the paste file
    :raises: ConfigurationError
    :raises: DatabaseNotReady: the database cannot be used
    """
    conf = filter_options.load(options)
    # Nova must not wait; a later request tries again.
    database.do_not_wait(conf, is_final=True)
    store = loader.load_store(conf)
    try:
        store.check_writes()
    except exception.ConfigurationError as error:
        LOG.critical(
            'Requests that write image metadata get a 503: %s', error)
    # As in Nova: it is Nova's policy file.
    rules = policy.Policy(conf, may_be_missing=True)
    router = _make_router(conf, store, rules)
    return guest.Guest(conf, router, _with_successor(conf, store, router))


def versions_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> paste.WSGIApplication:
    """Make the list of versions; a paste.deploy application factory."""
    controller = versions.VersionsController(global_conf[paste.CONF_KEY])
    index = wsgi.Resource(controller, routes.Versions.index)
    choices = wsgi.Resource(controller, routes.Versions.choices)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        chosen = index if environ['PATH_INFO'].strip('/') == '' else choices
        return chosen(environ, start_response)

    return application


def version_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> paste.WSGIApplication:
    """Make the document of one version; a paste.deploy application
    factory.
    """
    controller = versions.VersionsController(global_conf[paste.CONF_KEY])
    return wsgi.Resource(controller, routes.Versions.show)


def _make_router(
    conf: cfg.ConfigOpts, store: image_base.ImageStore, rules: policy.Policy,
) -> routes.Router:
    return routes.Router(
        images.ImagesController(conf, store, rules),
        image_metadata.ImageMetadataController(conf, store, rules),
        versions.VersionsController(conf))


def _with_successor(
    conf: cfg.ConfigOpts, store: image_base.ImageStore,
    application: paste.WSGIApplication,
) -> paste.WSGIApplication:
    """Return the images API with its header Link, if that is configured."""
    if not conf.api.deprecation_headers:
        return application
    return deprecation.SuccessorLink(
        application, store, conf.api.glance_link_prefix)


def paste_file(conf: cfg.ConfigOpts) -> str:
    """Return the path of the file that describes the pipeline.

    The ``[wsgi] api_paste_config`` of a nova.conf names Nova's own file,
    which is ignored.

    :raises: ConfigurationError: the file does not exist
    """
    name = conf.wsgi.api_paste_config
    checkout = pathlib.Path(__file__).resolve().parents[2]
    installed = [
        str(file.locate()) for file in metadata.files(DISTRIBUTION) or ()
        if str(file).endswith(f'{INSTALLED}/{PASTE_FILE}')]
    own = [*installed, os.path.join(checkout, INSTALLED, PASTE_FILE)]
    named = conf.find_file(name) or ''
    has_named = os.path.isfile(named)
    if has_named and not paste.is_novas(named):
        return os.path.abspath(named)
    if has_named or name == PASTE_FILE:
        for path in own:
            if os.path.isfile(path):
                return os.path.abspath(path)
    raise exception.ConfigurationError(
        f'[wsgi] api_paste_config: {name} is not found')
