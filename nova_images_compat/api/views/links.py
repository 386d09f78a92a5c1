# SPDX-License-Identifier: Apache-2.0

"""The roots that links in answers start with."""

from urllib import parse

from nova_images_compat.api import wsgi

LEGACY_ROOT = '/v2'
CURRENT_ROOT = '/v2.1'


def with_prefix(url: str, prefix: str | None) -> str:
    """Put a URL below the public root that an operator configured.

    :param url: an absolute URL, as the request's own view of the service has
        it
    :param prefix: the public root: its scheme and host replace the URL's,
        its path goes before the URL's; None leaves the URL as it is
    """
    if not prefix:
        return url
    path = parse.urlsplit(url).path
    return prefix.rstrip('/') + path.rstrip('/')


def service_root(req: wsgi.Request) -> str:
    """Return the URL that the service is mounted at, without a version."""
    url = req.application_url
    for root in (CURRENT_ROOT, LEGACY_ROOT):
        if url.endswith(root):
            return url.removesuffix(root)
    return url.rstrip('/')
