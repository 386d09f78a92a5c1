# SPDX-License-Identifier: Apache-2.0

"""Tells clients in each response that this API is deprecated, and where its
successor is."""

from collections.abc import Iterable
import datetime
from email import utils as email_utils
from typing import Any
from urllib import parse

from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import urls
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.image import base as image_base

# When Nova 14.0.0 (Newton) deprecated it, with microversion 2.36.
DEPRECATED_ON = datetime.datetime(2016, 10, 6, tzinfo=datetime.UTC)

LINK = 'Link'


class DeprecationHeaders(paste.Filter):
    """Adds the headers Deprecation (RFC 9745) and Sunset (RFC 8594) to each
    response, and Link to those that have none, if ``[api]
    glance_link_prefix`` is set.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.headers = [
            ('Deprecation', f'@{DEPRECATED_ON.timestamp():.0f}')]
        if conf.api.sunset:
            day = datetime.datetime.combine(
                conf.api.sunset, datetime.time(), datetime.UTC)
            self.headers.append(
                ('Sunset', email_utils.format_datetime(day, usegmt=True)))
        prefix: str | None = conf.api.glance_link_prefix
        self.links = [(LINK, _successor(prefix))] if prefix else []

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            has_link = any(name == LINK for name, _ in headers)
            return start_response(status, [
                *headers, *self.headers, *([] if has_link else self.links),
            ], *rest)

        return self.application(environ, start)


class SuccessorLink:
    """Adds the header Link to the responses of the images API: the images in
    the Image service, whose URL the image store knows.

    :param application: the images API
    :param store: its image store
    :param prefix: the value of ``[api] glance_link_prefix``
    """

    def __init__(
        self, application: paste.WSGIApplication,
        store: image_base.ImageStore, prefix: str | None,
    ) -> None:
        self.application = application
        self.store = store
        self.prefix = prefix

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        try:
            root = urls.image_root(
                self.store, environ[wsgi.ENV_CONTEXT], self.prefix)
        except exception.ImageStoreUnavailable:
            root = None
        if not root:
            return self.application(environ, start_response)
        link = (LINK, _successor(root))

        def start(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            return start_response(status, [*headers, link], *rest)

        return self.application(environ, start)


def _successor(root: str) -> str:
    """Return the value of the header Link (RFC 8288).

    :param root: the public URL of the Image service
    """
    quoted = parse.quote(root.rstrip('/'), safe=urls.IN_URI)
    return f'<{quoted}/v2/images>; rel="successor-version"'


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    if not conf.api.deprecation_headers:
        return application
    return DeprecationHeaders(application, conf)


factory = paste.filter_factory(_make)
