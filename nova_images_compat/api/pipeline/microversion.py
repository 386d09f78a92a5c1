# SPDX-License-Identifier: Apache-2.0

"""The microversion gate: which version of the API a request asks for."""

from collections.abc import MutableMapping
import re
from typing import Any

import microversion_parse
from microversion_parse import middleware
from oslo_config import cfg
import webob
import webob.dec
import webob.exc

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import exception

SERVICE_TYPE = 'compute'
MIN_VERSION = microversion_parse.Version(2, 1)
LATEST = 'latest'

STANDARD_HEADER = 'OpenStack-API-Version'
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'

# Python refuses to read numbers of thousands of digits.
VERSION_STRING = re.compile(r'([1-9][0-9]{0,99})\.([1-9][0-9]{0,99}|0)')


class MicroversionGate(middleware.MicroversionMiddleware):
    """microversion-parse's filter, as strict about both headers as Nova is,
    and out of the way of ``/v2``, which has no microversions.

    :param application: the application behind it
    :param conf: the service's configuration
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        newest = microversion_parse.parse_version_string(
            conf.api.max_version)
        super().__init__(application, SERVICE_TYPE, [
            f'{newest.major}.{minor}'
            for minor in range(MIN_VERSION.minor, newest.minor + 1)])

    @webob.dec.wsgify
    def __call__(self, req: webob.Request) -> Any:
        if req.environ.get(wsgi.ENV_LEGACY_V2):
            req.environ[self.microversion_environ] = MIN_VERSION
            return self.application
        try:
            wanted = wanted_version(req.headers)
        except exception.InvalidVersionString as error:
            return wsgi.Fault(error)
        req.headers[STANDARD_HEADER] = f'{SERVICE_TYPE} {wanted}'
        try:
            answer: Any = super().__call__(req)
            chosen = str(req.environ[self.microversion_environ])
        except webob.exc.HTTPNotAcceptable:
            answer = wsgi.Fault(exception.VersionNotSupported(
                version=wanted, minimum=self.versions[0],
                maximum=self.versions[-1])).wsgi_response
            chosen = wanted
        answer.headers[STANDARD_HEADER] = f'{SERVICE_TYPE} {chosen}'
        answer.headers[LEGACY_HEADER] = chosen
        answer.vary = (STANDARD_HEADER, LEGACY_HEADER)
        return answer


def wanted_version(headers: MutableMapping[str, str]) -> str:
    """Return the version that a request's headers ask for, or "latest".

    :raises: InvalidVersionString
    """
    wanted = microversion_parse.get_version(
        headers, SERVICE_TYPE, legacy_headers=[LEGACY_HEADER])
    if wanted is None:
        return str(MIN_VERSION)
    if wanted != LATEST and not VERSION_STRING.fullmatch(wanted):
        raise exception.InvalidVersionString(version=wanted)
    return wanted


factory = paste.filter_factory(MicroversionGate)
