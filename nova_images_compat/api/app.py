# SPDX-License-Identifier: Apache-2.0

"""Makes the applications: by hand, and for paste.deploy."""

from collections.abc import Callable
import configparser
import functools
from importlib import metadata
import os
import pathlib
from typing import Any
from typing import cast

from oslo_config import cfg
from paste.deploy import loadwsgi
from stevedore import driver
from stevedore import exception as stevedore_exception
from stevedore import extension

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api.controllers import versions
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import plugin
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat.conf import loader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base
from nova_images_compat import policy

STORES = 'nova_images_compat.image_stores'
APPLICATION = 'main'
DISTRIBUTION = 'nova-images-compat'
INSTALLED = 'etc/nova-images-compat'

# What paste.deploy and the filters raise of files and options that are wrong.
BROKEN = (
    AttributeError, configparser.Error, ImportError, LookupError, OSError,
    TypeError, ValueError)


def load(conf: cfg.ConfigOpts) -> paste.WSGIApplication:
    """Make the whole application that ``[wsgi] api_paste_config`` describes.

    :param conf: the configuration, which the application keeps to itself
    :raises: ConfigurationError, DatabaseNotReady
    """
    path = paste_file(conf)
    try:
        return loadwsgi.ConfigLoader(path).get_app(
            APPLICATION, global_conf={paste.CONF_KEY: conf})
    except BROKEN as error:
        raise exception.ConfigurationError(
            f'[wsgi] api_paste_config {path}: {error}') from error


def images_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> paste.WSGIApplication:
    """Make the images API; a paste.deploy application factory."""
    return _make_router(global_conf[paste.CONF_KEY])


def filter_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> Callable[[paste.WSGIApplication], plugin.ImagesCompat]:
    """Make the images API as a filter for Nova's pipeline; a paste.deploy
    filter factory.

    The configuration is its own: that of the other service, which is global
    there, is neither read nor touched.

    :param config_file: the configuration files, separated by ``;``;
        otherwise they are where the standalone service has them
    :raises: ConfigurationError, DatabaseNotReady
    """
    environ = dict(os.environ)
    if 'config_file' in local_conf:
        environ[loader.FILES_VARIABLE] = local_conf['config_file']
    conf = loader.load(environ=environ)
    router = _make_router(conf)
    return lambda application: plugin.ImagesCompat(application, conf, router)


def versions_factory(
    global_conf: dict[str, Any], **local_conf: str,
) -> paste.WSGIApplication:
    """Make the list of versions; a paste.deploy application factory."""
    controller = versions.VersionsController(global_conf[paste.CONF_KEY])
    index = wsgi.Resource(controller.index)
    choices = wsgi.Resource(controller.choices)

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
    return wsgi.Resource(controller.show)


def load_store(conf: cfg.ConfigOpts) -> base.ImageStore:
    """Make the image store that ``[api] image_store`` names.

    :raises: ConfigurationError, DatabaseNotReady
    """
    name = conf.api.image_store
    try:
        found: driver.DriverManager[type[base.ImageStore]] = (
            driver.DriverManager(STORES, name))
    except stevedore_exception.NoMatches as error:
        known = ', '.join(sorted(
            extension.ExtensionManager(STORES).names()))
        raise exception.ConfigurationError(
            f'[api] image_store: there is no store "{name}"; there is: '
            f'{known}') from error
    return cast(type[base.ImageStore], found.driver)(conf)


def _make_router(conf: cfg.ConfigOpts) -> routes.Router:
    rules = policy.Policy(conf)
    store = load_store(conf)
    return routes.Router(
        images.ImagesController(conf, store, rules),
        image_metadata.ImageMetadataController(conf, store, rules),
        versions.VersionsController(conf),
        find_image_root=functools.partial(_public_root, store) if (
            conf.api.deprecation_headers) else None)


def _public_root(
    store: base.ImageStore, context: request_context.RequestContext,
) -> str | None:
    try:
        return store.public_root(context)
    except exception.ImageStoreUnavailable:
        return None


def paste_file(conf: cfg.ConfigOpts) -> str:
    """Return the path of the file that describes the pipeline.

    :raises: ConfigurationError: there is none
    """
    name = conf.wsgi.api_paste_config
    checkout = pathlib.Path(__file__).resolve().parents[2]
    installed = [
        str(file.locate()) for file in metadata.files(DISTRIBUTION) or ()
        if str(file).endswith(f'{INSTALLED}/{name}')]
    for path in (conf.find_file(name), *installed,
                 os.path.join(checkout, INSTALLED, name)):
        if path and os.path.isfile(path):
            return os.path.abspath(path)
    raise exception.ConfigurationError(
        f'[wsgi] api_paste_config: {name} is not found')
