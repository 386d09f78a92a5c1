# SPDX-License-Identifier: Apache-2.0

"""The URL table: which operation answers which URL."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import routes
import webob.exc

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api.controllers import versions
from nova_images_compat.api import operation
from nova_images_compat.api import wsgi
from nova_images_compat import exception

Images = images.ImagesController
Metadata = image_metadata.ImageMetadataController
Versions = versions.VersionsController

Row = tuple[str, str, type[wsgi.Controller], operation.Operation]

TABLE: tuple[Row, ...] = (
    ('GET', '/images', Images, Images.index),
    ('GET', '/images/detail', Images, Images.detail),
    ('GET', '/images/{image_id}', Images, Images.show),
    ('DELETE', '/images/{image_id}', Images, Images.delete),
    ('GET', '/images/{image_id}/metadata', Metadata, Metadata.index),
    ('POST', '/images/{image_id}/metadata', Metadata, Metadata.create),
    ('PUT', '/images/{image_id}/metadata', Metadata, Metadata.update_all),
    ('GET', '/images/{image_id}/metadata/{key}', Metadata, Metadata.show),
    ('PUT', '/images/{image_id}/metadata/{key}', Metadata, Metadata.update),
    ('DELETE', '/images/{image_id}/metadata/{key}', Metadata, Metadata.delete),
)

# The resources' names, in policy rules and in the counts of calls.
NAMES: dict[type[wsgi.Controller], str] = {
    Images: 'images', Metadata: 'image-metadata', Versions: 'versions'}

# The project's ID in the URL is optional.
PROJECT = '/{project_id:[0-9a-f-]+}'
PREFIXES = ('', PROJECT)

# The root of a project's URLs shows the version.
PROJECT_ROOT: Row = ('GET', '/', Versions, Versions.show)


class Router:
    """The WSGI application that sends a request to the resource of its URL.

    :param controllers: an instance of each controller in the table
    """

    def __init__(self, *controllers: wsgi.Controller) -> None:
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
        self, prefix: str, method: str, path: str,
        controller: type[wsgi.Controller], declared: operation.Operation,
    ) -> None:
        self._mapper.connect(
            None, prefix + path, conditions={'method': [method]},
            operation=f'{NAMES[controller]}:{declared.name}',
            resource=wsgi.Resource(self._instances[controller], declared))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        found = self.match(environ)
        if found is None:
            return _not_found(environ)(environ, start_response)
        resource = found.pop('resource')
        environ[wsgi.ENV_OPERATION] = found.pop('operation')
        environ[wsgi.ENV_ROUTE] = ((), found)
        return resource(environ, start_response)

    def match(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        """Return the arguments in a request's URL, and "resource" and
        "operation"; None if the table does not have the URL.

        :param environ: the request's WSGI environment
        """
        try:
            path = environ['PATH_INFO'].encode('latin-1').decode('utf-8')
        except UnicodeDecodeError:
            return None
        if '\n' in path:
            # The regular expressions of Routes ignore a newline at the end.
            return None
        return self._mapper.match(path, environ)


def _not_found(environ: dict[str, Any]) -> Callable[..., Iterable[bytes]]:
    if environ['REQUEST_METHOD'] == 'HEAD':
        # The response has no body for a fault; Nova's is of type text/html.
        return webob.exc.HTTPNotFound()
    return wsgi.Fault(exception.NotFound())
