# SPDX-License-Identifier: Apache-2.0

"""The images API in the pipeline of another service, Nova."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import microversion_parse
from oslo_config import cfg

from nova_images_compat.api.pipeline import context_filter
from nova_images_compat.api.pipeline import deprecation
from nova_images_compat.api.pipeline import fault_wrapper
from nova_images_compat.api.pipeline import microversion
from nova_images_compat.api.pipeline import order
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import usage_filter
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat import exception

FACTORIES = {
    'deprecation': deprecation.factory,
    'fault_wrapper': fault_wrapper.factory,
    'microversion': microversion.factory,
    'request_context': context_filter.factory,
    'usage': usage_filter.factory,
}


class Guest:
    """Answers the requests of the images API, behind the other service's own
    filters.

    :param conf: the configuration of the images API
    :param router: the router of the images API
    :param application: the images API
    """

    def __init__(
        self, conf: cfg.ConfigOpts, router: routes.Router,
        application: paste.WSGIApplication,
    ) -> None:
        self.router = router
        self.latest = microversion_parse.parse_version_string(
            conf.api.max_version)
        for name in reversed(order.GUEST_FILTERS):
            application = FACTORIES[name]({paste.CONF_KEY: conf})(application)
        self.application = application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        return self.application(environ, start_response)

    def serves(self, environ: dict[str, Any]) -> bool:
        """Say whether the images API has the URL, method and microversion of
        a request.

        :param environ: the request's WSGI environment
        """
        found = self.router.match(environ)
        if found is None:
            return False
        version = self._wanted_version(environ)
        return version is not None and found['resource'].serves(version)

    def _wanted_version(
        self, environ: dict[str, Any],
    ) -> microversion_parse.Version | None:
        """Return the microversion that a request asks for; None if it is
        malformed.
        """
        if environ.get(wsgi.ENV_LEGACY_V2):
            return microversion.MIN_VERSION
        try:
            wanted = microversion.wanted_version(environ)
        except exception.InvalidVersionString:
            return None
        if wanted == microversion.LATEST:
            return self.latest
        return microversion_parse.parse_version_string(wanted)
