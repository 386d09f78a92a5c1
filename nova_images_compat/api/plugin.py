# SPDX-License-Identifier: Apache-2.0

"""The images API as a filter in another service's pipeline: Nova's."""

from collections.abc import Iterable
from typing import Any

import microversion_parse
from oslo_config import cfg

from nova_images_compat.api.pipeline import deprecation
from nova_images_compat.api.pipeline import fault_wrapper
from nova_images_compat.api.pipeline import microversion
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import request_context
from nova_images_compat.api.pipeline import usage
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat import exception

# Every URL of the images API has this in it.
IMAGES = '/images'

# What our own pipeline has between the routes and the filters that the other
# service has, too; the innermost comes first.
FILTERS = (
    usage.factory, microversion.factory, request_context.factory,
    fault_wrapper.factory, deprecation.factory)


class ImagesCompat:
    """Answers the requests of the images API, in the microversions that have
    it, and hands on all others as they came.

    It stands behind the filter that validates tokens, which is the other
    service's, as are its request ids, its log of requests and its limit on
    bodies.

    :param application: the application behind it
    :param conf: the configuration of the images API
    :param router: the images API
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
        router: routes.Router,
    ) -> None:
        self.application = application
        self.router = router
        self.latest = microversion_parse.parse_version_string(
            conf.api.max_version)
        images_api: paste.WSGIApplication = router
        for make_filter in FILTERS:
            images_api = make_filter({paste.CONF_KEY: conf})(images_api)
        self.images_api = images_api

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if IMAGES in environ.get('PATH_INFO', '') and self._is_ours(environ):
            return self.images_api(environ, start_response)
        return self.application(environ, start_response)

    def _is_ours(self, environ: dict[str, Any]) -> bool:
        found = self.router.match(environ)
        if found is None:
            return False
        version = self._wanted_version(environ)
        return version is not None and found['resource'].serves(version)

    def _wanted_version(
        self, environ: dict[str, Any],
    ) -> microversion_parse.Version | None:
        """Return the microversion that a request asks for; None for what is
        none.
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
