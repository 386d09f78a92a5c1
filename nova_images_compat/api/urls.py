# SPDX-License-Identifier: Apache-2.0

"""The URLs of the service: version roots, public prefixes, and quoting."""

import re
from urllib import parse

from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base as image_base

# uri-host [ ":" port ] of RFC 9110, 7.2, with the hosts of RFC 3986, 3.2.2.
HOST = re.compile(
    r"([A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")

# The characters that need no quoting in a path (RFC 3986, 3.3) and in a URI
# (RFC 3986, 2).
IN_PATH = "/:@!$&'()*+,;=~"
IN_URI = IN_PATH + '?#[]%'

LEGACY_ROOT = '/v2'
CURRENT_ROOT = '/v2.1'


def with_prefix(url: str, prefix: str | None) -> str:
    """Return a URL below the public prefix that the operator configured.

    :param url: an absolute URL, as the client requested it
    :param prefix: the public prefix. It may be any text, as in Nova: its
        scheme and host replace those of the URL, and its path precedes the
        URL's. None or an empty text does not change the URL.
    """
    if not prefix:
        return url
    path = parse.urlsplit(url).path
    return prefix.rstrip('/') + path.rstrip('/')


def image_root(
    store: image_base.ImageStore, context: request_context.RequestContext,
    prefix: str | None,
) -> str | None:
    """Return the public URL of the Image service; None if there is none.

    :param store: the image store
    :param context: the caller
    :param prefix: the public prefix that the operator configured; the path
        of the Image service's own URL follows it
    :raises: ImageStoreUnavailable: no URL of the Image service is known
    """
    if not prefix:
        return store.public_root(context)
    return prefix.rstrip('/') + store.service_path(context)


def version_root(req: wsgi.Request) -> str:
    """Return the URL of the root of the API's version.

    :raises: ValidationError: the header Host is malformed (RFC 9110, 7.2)
    """
    if not HOST.fullmatch(req.host):
        raise exception.ValidationError(reason='Malformed header Host')
    # WebOb's application_url needs three times the calls.
    root: bytes = req.environ.get('SCRIPT_NAME', '').encode('latin-1')
    return req.host_url + parse.quote(root, safe=IN_PATH)


def service_root(req: wsgi.Request) -> str:
    """Return the URL of the root of the service, without a version.

    :raises: ValidationError: the header Host is malformed
    """
    return without_version(version_root(req))


def without_version(url: str) -> str:
    """Return the URL of the root of the service.

    :param url: the URL of the root of the API's version
    """
    for root in (CURRENT_ROOT, LEGACY_ROOT):
        if url.endswith(root):
            return url.removesuffix(root)
    return url.rstrip('/')
