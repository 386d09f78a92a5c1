# SPDX-License-Identifier: Apache-2.0

"""The roots that links in answers start with, and what may stand in URLs."""

import re
from urllib import parse

from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base as image_base

# uri-host [ ":" port ] of RFC 9110, 7.2, with the hosts of RFC 3986, 3.2.2.
HOST = re.compile(
    r"([A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")

# What needs no quoting in a path (RFC 3986, 3.3), and in a whole URI (2).
IN_PATH = "/:@!$&'()*+,;=~"
IN_URI = IN_PATH + '?#[]%'

LEGACY_ROOT = '/v2'
CURRENT_ROOT = '/v2.1'


def with_prefix(url: str, prefix: str | None) -> str:
    """Put a URL below the public root that an operator configured.

    :param url: an absolute URL, as the request's own view of the service has
        it
    :param prefix: the public root, any text, as in Nova: its scheme and host
        replace the URL's, its path goes before the URL's; none, and an empty
        one, leave the URL as it is
    """
    if not prefix:
        return url
    path = parse.urlsplit(url).path
    return prefix.rstrip('/') + path.rstrip('/')


def image_root(
    store: image_base.ImageStore, context: request_context.RequestContext,
    prefix: str | None,
) -> str | None:
    """Return the public root of the image service; None where there is none.

    :param prefix: the public root that an operator configured: the path of
        the image service's URL goes behind it
    :raises: ImageStoreUnavailable: no URL of the image service is known
    """
    if not prefix:
        return store.public_root(context)
    return prefix.rstrip('/') + store.service_path(context)


def version_root(req: wsgi.Request) -> str:
    """Return the URL that the API's version is mounted at.

    :raises: ValidationError: the header Host names no host (RFC 9110, 7.2)
    """
    if not HOST.fullmatch(req.host):
        raise exception.ValidationError(reason='Malformed header Host')
    return req.application_url


def service_root(req: wsgi.Request) -> str:
    """Return the URL that the service is mounted at, without a version.

    :raises: ValidationError: the header Host names no host
    """
    return without_version(version_root(req))


def without_version(url: str) -> str:
    """Return the URL that the service is mounted at.

    :param url: that the API's version is mounted at
    """
    for root in (CURRENT_ROOT, LEGACY_ROOT):
        if url.endswith(root):
            return url.removesuffix(root)
    return url.rstrip('/')
