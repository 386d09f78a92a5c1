# SPDX-License-Identifier: Apache-2.0

"""The images API as a filter in the pipeline of another service, Nova.

Whatever goes wrong with the images API, that service goes on. Therefore this
module imports only what Nova has anyway, and the rest when it makes the
images API, where it catches every error.
"""

from collections.abc import Callable
from collections.abc import Iterable
import json
import math
import re
import threading
import time
from typing import Any
from typing import Protocol

import microversion_parse
from oslo_log import log as logging

from nova_images_compat import exception

LOG = logging.getLogger(__name__)

# Every URL of the images API has this in it.
IMAGES = '/images'

# Seconds between two attempts to make the images API.
RETRY_INTERVAL = 30.0

# The paths, methods and last microversions of the images API by default, for
# as long as its configuration is not known. A test compares them with
# api/routes.py and conf/api.py.
FIRST_VERSION = microversion_parse.Version(2, 1)
LAST_IMAGES = microversion_parse.Version(2, 35)
LAST_METADATA = microversion_parse.Version(2, 38)
PROJECT = '(/[0-9a-f-]+)?'
SEGMENT = r'[^/\n]+'
OPERATIONS = tuple(
    (re.compile(PROJECT + path), methods, last) for path, methods, last in (
        ('/images', ('GET',), LAST_IMAGES),
        (f'/images/{SEGMENT}', ('GET', 'DELETE'), LAST_IMAGES),
        (f'/images/{SEGMENT}/metadata', ('GET', 'POST', 'PUT'), LAST_METADATA),
        (f'/images/{SEGMENT}/metadata/{SEGMENT}', ('GET', 'PUT', 'DELETE'),
         LAST_METADATA)))

VERSION_STRING = re.compile(r'2\.([1-9][0-9]?)')
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'
VARIABLES = {
    'HTTP_OPENSTACK_API_VERSION': 'OpenStack-API-Version',
    'HTTP_X_OPENSTACK_NOVA_API_VERSION': LEGACY_HEADER,
}

UNAVAILABLE = json.dumps({'serviceUnavailable': {
    'code': 503,
    'message': 'The images API is not available. Try again later.',
}}).encode()

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ImagesAPI(Protocol):
    """The images API, ready to answer."""

    def serves(self, environ: dict[str, Any]) -> bool:
        """Say whether the images API answers a request."""

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        """Answer a request."""


class ImagesCompat:
    """Answers the requests of the images API, in the microversions that have
    it, and passes all others on unchanged.

    It belongs behind the other service's filter that validates tokens. The
    request IDs, the log of requests and the limit on bodies are the other
    service's, too.

    While the images API cannot be made, its requests get a 503. They are not
    passed on, because the other service's own images API does not enforce
    the policy rules of this one. At most every ``RETRY_INTERVAL`` seconds,
    one of these requests tries to make the images API again.

    :param application: the application behind this filter
    :param make: makes the images API; it may raise any exception
    """

    def __init__(
        self, application: Application, make: Callable[[], ImagesAPI],
    ) -> None:
        self.application = application
        self._make = make
        self._making = threading.Lock()
        self._images_api = self._try_to_make()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        if IMAGES not in environ.get('PATH_INFO', ''):
            return self.application(environ, start_response)
        if self._images_api is None and is_ours_by_default(environ):
            self._make_again()
        images_api = self._images_api
        try:
            is_ours = images_api.serves(environ) if images_api else (
                is_ours_by_default(environ))
        except Exception:
            LOG.exception('Failed to find out whether a request is for the '
                          'images API: %r', environ['PATH_INFO'])
            images_api, is_ours = None, is_ours_by_default(environ)
        if not is_ours:
            return self.application(environ, start_response)
        if images_api is None:
            return _unavailable(start_response)
        return images_api(environ, start_response)

    def _make_again(self) -> None:
        """Make the images API, unless another thread is making it or the
        last attempt is too recent.
        """
        if not self._making.acquire(blocking=False):
            return
        try:
            is_due = time.monotonic() - self._tried_at >= RETRY_INTERVAL
            if self._images_api is None and is_due:
                self._images_api = self._try_to_make()
                if self._images_api is not None:
                    LOG.warning('The images API is available again')
        finally:
            self._making.release()

    def _try_to_make(self) -> ImagesAPI | None:
        try:
            return self._make()
        except exception.OperatorError as error:
            LOG.critical(
                'The images API is not available, and answers 503: %s', error)
        # Some libraries raise SystemExit for an invalid option.
        except (Exception, SystemExit) as error:
            LOG.critical(
                'The images API is not available, and answers 503: '
                'unexpected %s', type(error).__name__, exc_info=True)
        finally:
            self._tried_at = time.monotonic()
        return None


def filter_factory(
    global_conf: dict[str, Any], **options: str,
) -> Callable[[Application], ImagesCompat]:
    """Make the filter for Nova's pipeline: a paste.deploy filter factory.

    It raises no exception. The filter has a configuration object of its own;
    that of the other service, which is global there, does not change.

    :param config_file: configuration files, separated by ``;``
    :param config_dir: directories of configuration files (``*.conf``),
        separated by ``;``; with neither, the filter reads the files and
        directories that this process of the other service was started with
    """
    def make() -> ImagesAPI:
        from nova_images_compat.api import app
        return app.load_guest(options)

    return lambda application: ImagesCompat(application, make)


def is_ours_by_default(environ: dict[str, Any]) -> bool:
    """Say whether the images API, with its default configuration, has the
    URL, method and microversion of a request.

    :param environ: the request's WSGI environment
    """
    for path, methods, last in OPERATIONS:
        if environ['REQUEST_METHOD'] in methods and path.fullmatch(
                environ['PATH_INFO']):
            version = _wanted_version(environ)
            return version is not None and version.matches(
                FIRST_VERSION, last)
    return False


def _wanted_version(
    environ: dict[str, Any],
) -> microversion_parse.Version | None:
    """Return the microversion that a request asks for; None if it is
    malformed, or "latest", which has no images by default.
    """
    headers = {
        header: environ[variable] for variable, header in VARIABLES.items()
        if variable in environ}
    if environ.get('openstack.legacy_v2') or not headers:
        return FIRST_VERSION
    try:
        wanted = microversion_parse.get_version(
            headers, 'compute', legacy_headers=[LEGACY_HEADER])
    except ValueError:
        return None
    if wanted is None:
        return FIRST_VERSION
    found = VERSION_STRING.fullmatch(wanted)
    return microversion_parse.Version(2, int(found[1])) if found else None


def _unavailable(start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response('503 Service Unavailable', [
        ('Content-Type', 'application/json; charset=UTF-8'),
        ('Content-Length', str(len(UNAVAILABLE))),
        ('Retry-After', str(math.ceil(RETRY_INTERVAL))),
    ])
    return [UNAVAILABLE]
