# SPDX-License-Identifier: Apache-2.0

"""Makes applications and filters with paste.deploy, and passes them the
service's configuration.

paste.deploy's global configuration holds the configuration object, under the
key that keystonemiddleware reads.
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

# Our composites name only sections of the file.
OURS = 'nova_images_compat.'

# Every api-paste.ini of Nova has this section.
NOVAS_SECTION = 'composite:osapi_compute'

WSGIApplication = Callable[
    [dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MakeFilter = Callable[[WSGIApplication, cfg.ConfigOpts], WSGIApplication]
FilterFactory = Callable[
    ..., Callable[[WSGIApplication], WSGIApplication]]


class Filter:
    """A filter in front of an application.

    :param application: the application behind this filter
    :param conf: the service's configuration
    """

    def __init__(
        self, application: WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        self.application = application


def filter_factory(make_filter: MakeFilter) -> FilterFactory:
    """Return a paste.deploy filter factory.

    :param make_filter: makes the filter; it takes the application behind
        the filter, and the service's configuration
    """
    def factory(
        global_conf: dict[str, Any], **local_conf: str,
    ) -> Callable[[WSGIApplication], WSGIApplication]:
        conf = global_conf[CONF_KEY]
        return lambda application: make_filter(application, conf)

    return factory


def open_file(path: str) -> loadwsgi.ConfigLoader:
    """Read a paste.deploy file.

    :raises: ConfigurationError: the file cannot be read or parsed
    """
    try:
        return loadwsgi.ConfigLoader(path)
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        raise _broken(path, error) from error


def is_novas(path: str) -> bool:
    """Say whether a paste.deploy file describes Nova's pipelines.

    :raises: ConfigurationError: the file cannot be read or parsed
    """
    return open_file(path).parser.has_section(NOVAS_SECTION)


def check_file(path: str) -> None:
    """Check that everything that a paste.deploy file names exists, without
    making any of it.

    :raises: ConfigurationError: something does not exist
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

    :param loader: the file
    :param name: the name of the application in the file
    :param global_conf: paste.deploy's global configuration
    :raises: ConfigurationError: the file names something that does not
        exist; a factory may raise more
    """
    return _find(loader, loader.app_context, name, global_conf).create()


def get_filter(
    loader: loadwsgi.ConfigLoader, name: str, global_conf: dict[str, Any],
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Make a filter that a file describes, as ``get_app`` does."""
    return _find(loader, loader.filter_context, name, global_conf).create()


def _find(
    loader: loadwsgi.ConfigLoader,
    find: Callable[..., loadwsgi.LoaderContext], name: str,
    global_conf: dict[str, Any],
) -> loadwsgi.LoaderContext:
    """Find the factories of an application or a filter, and call none of
    them.
    """
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
    """Yield a context and, if it is a pipeline, those of its parts."""
    yield context
    if context.object_type is loadwsgi.PIPELINE:
        yield from context.filter_contexts
        yield from _parts(context.app_context)


def _broken(path: str, reason: object) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        f'[wsgi] api_paste_config {path}: {reason}')
