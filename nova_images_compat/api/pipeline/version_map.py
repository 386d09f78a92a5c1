# SPDX-License-Identifier: Apache-2.0

"""Sends a request to the application of the API version in its path."""

from collections.abc import Callable
from collections.abc import Iterable
import re
from typing import Any

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import urls
from nova_images_compat.api import wsgi

ROOT = '/'
BELOW = '/+'

SLASHES = re.compile('//+')


class VersionMap:
    """Sends requests to applications by their paths.

    :param applications: the applications, by path: "/v2.1" for this path
        alone, "/v2.1/+" for the paths below it, "/" for all others
    """

    def __init__(
        self, applications: dict[str, paste.WSGIApplication],
    ) -> None:
        self.applications = applications
        self.versions = {
            path.removesuffix(BELOW) for path in applications} - {ROOT, ''}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        # Some clients join a URL that ends in a slash and a path that starts
        # with one.
        path = SLASHES.sub('/', environ['PATH_INFO'])
        version, below = self._split(path)
        if version not in self.versions:
            environ['PATH_INFO'] = path
            return self.applications[ROOT](environ, start_response)
        environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + version
        environ['PATH_INFO'] = below
        if version == urls.LEGACY_ROOT:
            environ[wsgi.ENV_LEGACY_V2] = True
        name = version if below in ('', '/') else version + BELOW
        return self.applications[name](environ, start_response)

    @staticmethod
    def _split(path: str) -> tuple[str, str]:
        version, slash, below = path.removeprefix('/').partition('/')
        return f'/{version}', slash + below


def factory(
    loader: Any, global_conf: dict[str, Any], **paths: str,
) -> VersionMap:
    """Make the map: a paste.deploy composite factory.

    :param paths: the name of each path's application; an application that
        several paths name is made once
    :raises: ConfigurationError: the file names something that does not exist
    """
    applications = {
        name: paste.get_app(loader, name, global_conf)
        for name in set(paths.values())}
    return VersionMap(
        {path: applications[name] for path, name in paths.items()})
