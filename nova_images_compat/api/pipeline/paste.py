# SPDX-License-Identifier: Apache-2.0

"""How paste.deploy makes applications and filters that have the service's
configuration.

The configuration object travels in paste.deploy's global configuration, under
the key that keystonemiddleware looks for, too.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import configparser
from typing import Any

from oslo_config import cfg
from paste.deploy import loadwsgi

from nova_images_compat import exception

CONF_KEY = 'oslo_config_config'

# Where our factories are, whose composites name only sections of the file.
OURS = 'nova_images_compat.'

# A section of each api-paste.ini of Nova's, which a nova.conf names by the
# same option.
NOVAS_SECTION = 'composite:osapi_compute'

WSGIApplication = Callable[
    [dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MakeFilter = Callable[[WSGIApplication, cfg.ConfigOpts], WSGIApplication]
FilterFactory = Callable[
    ..., Callable[[WSGIApplication], WSGIApplication]]


class Filter:
    """A filter in front of an application.

    :param application: the application behind it
    :param conf: the service's configuration
    """

    def __init__(
        self, application: WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        self.application = application


def filter_factory(make_filter: MakeFilter) -> FilterFactory:
    """Return a paste.deploy filter factory.

    :param make_filter: makes the filter, of the application behind it and
        the configuration
    """
    def factory(
        global_conf: dict[str, Any], **local_conf: str,
    ) -> Callable[[WSGIApplication], WSGIApplication]:
        conf = global_conf[CONF_KEY]
        return lambda application: make_filter(application, conf)

    return factory


def open_file(path: str) -> loadwsgi.ConfigLoader:
    """Read a paste.deploy file.

    :raises: ConfigurationError
    """
    try:
        return loadwsgi.ConfigLoader(path)
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def is_novas(path: str) -> bool:
    """Say whether a paste.deploy file describes Nova's pipelines.

    :raises: ConfigurationError
    """
    return open_file(path).parser.has_section(NOVAS_SECTION)


def check_file(path: str) -> None:
    """Check that whatever a paste.deploy file names is there, and make none
    of it.

    :raises: ConfigurationError
    """
    loader = open_file(path)
    sections = [tuple(section.split(':', 1))
                for section in loader.parser.sections() if ':' in section]
    names = {name.strip() for _, name in sections}
    for kind, name in sections:
        if kind == 'server':
            continue
        find = loader.filter_context if kind == 'filter' else (
            loader.app_context)
        factory = _find(loader, find, name.strip(), {})
        module = getattr(factory.object, '__module__', None) or ''
        if kind == 'composite' and module.startswith(OURS):
            named = ' '.join(factory.local_conf.values()).split()
            for missing in sorted(set(named) - names):
                raise _broken(
                    path, f'[{kind}:{name}]: there is no section {missing}')


def get_app(
    loader: loadwsgi.ConfigLoader, name: str, global_conf: dict[str, Any],
) -> WSGIApplication:
    """Make an application that a file describes.

    :param name: the application's, in the file
    :raises: ConfigurationError: the file names what is not there; and what
        the factories raise
    """
    return _find(loader, loader.app_context, name, global_conf).create()


def get_filter(
    loader: loadwsgi.ConfigLoader, name: str, global_conf: dict[str, Any],
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Make a filter that a file describes; as ``get_app``."""
    return _find(loader, loader.filter_context, name, global_conf).create()


def _find(
    loader: loadwsgi.ConfigLoader,
    find: Callable[..., loadwsgi.LoaderContext], name: str,
    global_conf: dict[str, Any],
) -> loadwsgi.LoaderContext:
    """Find the factories of an application or a filter, and call none."""
    try:
        context = find(name, global_conf=global_conf)
    except (AttributeError, configparser.Error, ImportError, LookupError,
            ValueError) as error:
        raise _broken(loader.filename, error) from error
    for part in _parts(context):
        if part.protocol is not None and not callable(part.object):
            raise _broken(
                loader.filename, f'{part.object!r} is not a factory')
    return context


def _parts(
    context: loadwsgi.LoaderContext,
) -> Iterator[loadwsgi.LoaderContext]:
    """Yield a context, and those of the pipeline that it is."""
    yield context
    if context.object_type is loadwsgi.PIPELINE:
        yield from context.filter_contexts
        yield from _parts(context.app_context)


def _broken(path: str, reason: object) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        f'[wsgi] api_paste_config {path}: {reason}')
