# SPDX-License-Identifier: Apache-2.0

"""The microversion gate: finds out which microversion a request asks for."""

from collections.abc import Iterable
import re
from typing import Any

import microversion_parse
from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import exception

SERVICE_TYPE = 'compute'
MIN_VERSION = microversion_parse.Version(2, 1)
MIN_VERSION_STRING = str(MIN_VERSION)
LATEST = 'latest'

STANDARD_HEADER = 'OpenStack-API-Version'
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'

# The headers, by their variables in the WSGI environment.
VARIABLES = {
    'HTTP_OPENSTACK_API_VERSION': STANDARD_HEADER,
    'HTTP_X_OPENSTACK_NOVA_API_VERSION': LEGACY_HEADER,
}

# Python rejects numbers of thousands of digits.
VERSION_STRING = re.compile(r'([1-9][0-9]{0,99})\.([1-9][0-9]{0,99}|0)')


class MicroversionGate(paste.Filter):
    """Stores the microversion of a request in its environ, rejects invalid
    and unsupported ones as Nova does, and adds it to the response.

    Requests to ``/v2``, which has no microversions, get the first one, and
    their responses do not change.

    :param application: the application behind this filter
    :param conf: the service's configuration
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.newest = microversion_parse.parse_version_string(
            conf.api.max_version)
        versions = [
            microversion_parse.Version(MIN_VERSION.major, minor)
            for minor in range(MIN_VERSION.minor, self.newest.minor + 1)]
        self.versions = {str(version): version for version in versions}
        self.versions[LATEST] = self.newest

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if environ.get(wsgi.ENV_LEGACY_V2):
            environ[wsgi.ENV_MICROVERSION] = MIN_VERSION
            return self.application(environ, start_response)
        try:
            wanted = wanted_version(environ)
        except exception.InvalidVersionString as error:
            return wsgi.Fault(error)(environ, start_response)
        version = self.versions.get(wanted)
        answered = str(version or wanted)

        def start(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            return start_response(status, [
                *headers,
                (STANDARD_HEADER, f'{SERVICE_TYPE} {answered}'),
                (LEGACY_HEADER, answered),
                ('Vary', f'{STANDARD_HEADER}, {LEGACY_HEADER}'),
            ], *rest)

        if version is None:
            fault = wsgi.Fault(exception.VersionNotSupported(
                version=wanted, minimum=MIN_VERSION, maximum=self.newest))
            return fault(environ, start)
        environ[wsgi.ENV_MICROVERSION] = version
        return self.application(environ, start)


def wanted_version(environ: dict[str, Any]) -> str:
    """Return the microversion that a request's headers ask for, or "latest".

    :param environ: the request's WSGI environment
    :raises: InvalidVersionString: the header is malformed
    """
    headers = {header: environ[variable]
               for variable, header in VARIABLES.items()
               if variable in environ}
    wanted = microversion_parse.get_version(
        headers, SERVICE_TYPE, legacy_headers=[LEGACY_HEADER]) if (
        headers) else None
    if wanted is None:
        return MIN_VERSION_STRING
    if wanted != LATEST and not VERSION_STRING.fullmatch(wanted):
        raise exception.InvalidVersionString(version=wanted)
    return wanted


factory = paste.filter_factory(MicroversionGate)
