# SPDX-License-Identifier: Apache-2.0

"""The URL table: which controller's method answers which URL."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import routes
import webob.exc

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api import wsgi
from nova_images_compat import exception

Images = images.ImagesController
Metadata = image_metadata.ImageMetadataController

TABLE: tuple[tuple[str, str, type[wsgi.Controller], str], ...] = (
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

# Clients name their project in the URL or leave it out.
PREFIXES = ('', '/{project_id:[0-9a-f-]+}')


class Router:
    """The WSGI application that finds the resource of a URL.

    :param controllers: an instance of each controller in the table
    """

    def __init__(self, *controllers: wsgi.Controller) -> None:
        instances = {type(instance): instance for instance in controllers}
        self._mapper = routes.Mapper(explicit=True)
        self._mapper.minimization = False
        for prefix in PREFIXES:
            for method, path, controller, action in TABLE:
                self._mapper.connect(
                    None, prefix + path, conditions={'method': [method]},
                    resource=wsgi.Resource(
                        getattr(instances[controller], action)))
        self._mapper.create_regs([])

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        found = self._match(environ)
        if found is None:
            return _not_found(environ)(environ, start_response)
        resource = found.pop('resource')
        environ[wsgi.ENV_ROUTE] = ((), found)
        return resource(environ, start_response)

    def _match(self, environ: dict[str, Any]) -> dict[str, Any] | None:
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
