# SPDX-License-Identifier: Apache-2.0

"""Measures the time that the filter in Nova's pipeline adds to requests that
are not for the images API."""

from collections.abc import Callable
from collections.abc import Iterable
import timeit
from typing import Any

import webob

from nova_images_compat.api import plugin
from nova_images_compat.db import migration
from nova_images_compat.tests.benchmark import standalone
from nova_images_compat.tests.integration.stack import progress

# Path and microversion. The filter recognizes the first request by its path,
# and the second one by its microversion, which has no images any more.
REQUESTS = {
    'GET /servers/detail': ('/servers/detail', '2.1'),
    'GET /images/detail, 2.36': ('/images/detail', '2.36'),
}

_TIMES = 5_000
_REPEATS = 9


def measure(place: standalone.Standalone) -> dict[str, Any]:
    """Return the milliseconds that the filter adds, by request."""
    progress.say('filter ...')
    path = place.write('filter', place.catalogue_options('filter'))
    migration.sync(standalone.load(path))
    filtered = plugin.filter_factory({}, config_file=path)(_trivial)
    return {'added_ms': {
        name: _time(filtered, environ) - _time(_trivial, environ)
        for name, environ in _environs().items()}}


def _environs() -> dict[str, dict[str, Any]]:
    environs = {}
    for name, (path, version) in REQUESTS.items():
        request = webob.Request.blank(f'/v2.1{path}')
        request.path_info_pop()
        request.headers['X-OpenStack-Nova-API-Version'] = version
        environs[name] = request.environ
    return environs


def _time(
    application: Callable[..., Iterable[bytes]], environ: dict[str, Any],
) -> float:
    """Return the duration of the fastest call, in milliseconds."""
    return 1000 / _TIMES * min(timeit.repeat(
        lambda: application(dict(environ), _start_response),
        number=_TIMES, repeat=_REPEATS))


def _trivial(
    environ: dict[str, Any], start_response: Callable[..., Any],
) -> Iterable[bytes]:
    start_response('200 OK', [('Content-Length', '0')])
    return [b'']


def _start_response(status: str, headers: list[tuple[str, str]]) -> None:
    pass
