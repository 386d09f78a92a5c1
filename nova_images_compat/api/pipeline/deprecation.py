# SPDX-License-Identifier: Apache-2.0

"""Tells clients that this API is deprecated, and where to go instead."""

from collections.abc import Iterable
import datetime
from email import utils as email_utils
from typing import Any
from urllib import parse

from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import urls
from nova_images_compat.api import wsgi

# When Nova 14.0.0 (Newton) deprecated it, with microversion 2.36.
DEPRECATED_ON = datetime.datetime(2016, 10, 6, tzinfo=datetime.UTC)


class DeprecationHeaders(paste.Filter):
    """Gives every answer the headers Deprecation (RFC 9745), Sunset (RFC
    8594) and Link to the images of the Image service, if it is known.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.successor: str | None = conf.api.glance_link_prefix
        self.headers = [
            ('Deprecation', f'@{DEPRECATED_ON.timestamp():.0f}')]
        if conf.api.sunset:
            day = datetime.datetime.combine(
                conf.api.sunset, datetime.time(), datetime.UTC)
            self.headers.append(
                ('Sunset', email_utils.format_datetime(day, usegmt=True)))

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            successor = environ.get(wsgi.ENV_IMAGE_ROOT) or self.successor
            link = [] if not successor else [(
                'Link', f'<{_quoted(successor)}/v2/images>; '
                        'rel="successor-version"')]
            return start_response(
                status, [*headers, *self.headers, *link], *rest)

        return self.application(environ, start)


def _quoted(root: str) -> str:
    return parse.quote(root.rstrip('/'), safe=urls.IN_URI)


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    if not conf.api.deprecation_headers:
        return application
    return DeprecationHeaders(application, conf)


factory = paste.filter_factory(_make)
