# SPDX-License-Identifier: Apache-2.0

"""The URL table: which controller's method answers which URL."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import routes
import webob.exc

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api.controllers import versions
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat import exception

Images = images.ImagesController
Metadata = image_metadata.ImageMetadataController
Versions = versions.VersionsController

TABLE: tuple[tuple[str, str, type, str], ...] = (
    ('GET', '/images', Images, 'index'),
    ('GET', '/images/detail', Images, 'detail'),
    ('GET', '/images/{image_id}', Images, 'show'),
    ('DELETE', '/images/{image_id}', Images, 'delete'),
    ('GET', '/images/{image_id}/metadata', Metadata, 'index'),
    ('POST', '/images/{image_id}/metadata', Metadata, 'create'),
    ('PUT', '/images/{image_id}/metadata', Metadata, 'update_all'),
    ('GET', '/images/{image_id}/metadata/{key}', Metadata, 'show'),
    ('PUT', '/images/{image_id}/metadata/{key}', Metadata, 'update'),
    ('DELETE', '/images/{image_id}/metadata/{key}', Metadata, 'delete'),
)

# What the operations are called where they are counted, as in policy rules.
NAMES: dict[type, str] = {
    Images: 'images', Metadata: 'image-metadata', Versions: 'versions'}

# Clients name their project in the URL or leave it out.
PROJECT = '/{project_id:[0-9a-f-]+}'
PREFIXES = ('', PROJECT)

# What a project's own URL shows.
PROJECT_ROOT = ('GET', '/', Versions, 'show')

FindImageRoot = Callable[[request_context.RequestContext], str | None]


class Router:
    """The WSGI application that finds the resource of a URL.

    :param controllers: an instance of each controller in the table
    :param find_image_root: finds the public root of the image service, for
        the filter that names the API's successor
    """

    def __init__(
        self, *controllers: Any,
        find_image_root: FindImageRoot | None = None,
    ) -> None:
        self._find_image_root = find_image_root
        self._instances = {
            type(instance): instance for instance in controllers}
        self._mapper = routes.Mapper(explicit=True)
        self._mapper.minimization = False
        for prefix in PREFIXES:
            for row in TABLE:
                self._connect(prefix, *row)
        self._connect(PROJECT, *PROJECT_ROOT)
        self._mapper.create_regs([])

    def _connect(
        self, prefix: str, method: str, path: str, controller: type,
        action: str,
    ) -> None:
        self._mapper.connect(
            None, prefix + path, conditions={'method': [method]},
            operation=f'{NAMES[controller]}:{action}',
            resource=wsgi.Resource(
                getattr(self._instances[controller], action)))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        if self._find_image_root:
            environ[wsgi.ENV_IMAGE_ROOT] = self._find_image_root(
                environ[wsgi.ENV_CONTEXT])
        found = self.match(environ)
        if found is None:
            return _not_found(environ)(environ, start_response)
        resource = found.pop('resource')
        environ[wsgi.ENV_OPERATION] = found.pop('operation')
        environ[wsgi.ENV_ROUTE] = ((), found)
        return resource(environ, start_response)

    def match(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        """Return the arguments in a URL, and its resource under "resource";
        None if it is not in the table.
        """
        try:
            path = environ['PATH_INFO'].encode('latin-1').decode('utf-8')
        except UnicodeDecodeError:
            return None
        if '\n' in path:
            # The routes' regular expressions overlook one at the end.
            return None
        return self._mapper.match(path, environ)


def _not_found(environ: dict[str, Any]) -> Callable[..., Iterable[bytes]]:
    if environ['REQUEST_METHOD'] == 'HEAD':
        # It has no body to hold a fault, and Nova calls it text/html.
        return webob.exc.HTTPNotFound()
    return wsgi.Fault(exception.NotFound())
