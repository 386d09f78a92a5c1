# SPDX-License-Identifier: Apache-2.0

"""Images."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.api.controllers import image_query
from nova_images_compat.api.schemas import images as schema
from nova_images_compat.api import validation
from nova_images_compat.api.views import images as views
from nova_images_compat.api import wsgi
from nova_images_compat.image import base as image_base
from nova_images_compat.policies import image_size as size_policies
from nova_images_compat.policies import images as policies
from nova_images_compat import policy

LAST_VERSION = 'images_max_version'


class ImagesController(wsgi.Controller):
    """Lists, shows and deletes images.

    :param conf: the service's configuration
    :param store: the image store
    :param rules: the policy
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        store: image_base.ImageStore,
        rules: policy.Policy,
    ) -> None:
        super().__init__(conf)
        self.store = store
        self.policy = rules
        self.view = views.ImageView(conf, store)
        self.max_limit: int = conf.api.max_limit

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 502, 503))
    @validation.query_schema(schema.INDEX_QUERY)
    @validation.response_body_schema(schema.INDEX_RESPONSE)
    def index(self, req: wsgi.Request) -> dict[str, Any]:
        """List images."""
        self.policy.authorize(req.context, policies.INDEX)
        query = image_query.from_request(req, self.max_limit)
        images = self.store.list(req.context, query)
        return self.view.index(req, images, query.limit)

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 502, 503))
    @validation.query_schema(schema.INDEX_QUERY)
    @validation.response_body_schema(schema.DETAIL_RESPONSE)
    def detail(self, req: wsgi.Request) -> dict[str, Any]:
        """List images with their details."""
        self.policy.authorize(req.context, policies.DETAIL)
        query = image_query.from_request(
            req, self.max_limit, with_metadata=True)
        images = self.store.list(req.context, query)
        return self.view.detail(
            req, images, query.limit, self._shows_size(req))

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((401, 403, 404, 502, 503))
    @validation.query_schema(schema.SHOW_QUERY)
    @validation.response_body_schema(schema.SHOW_RESPONSE)
    def show(self, req: wsgi.Request, image_id: str) -> dict[str, Any]:
        """Show an image."""
        self.policy.authorize(req.context, policies.SHOW)
        image = self.store.get(req.context, image_id)
        return self.view.show(req, image, self._shows_size(req))

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((401, 403, 404, 409, 502, 503))
    @wsgi.response(204)
    @validation.response_body_schema(schema.DELETE_RESPONSE)
    def delete(self, req: wsgi.Request, image_id: str) -> None:
        """Delete an image."""
        self.policy.authorize(req.context, policies.DELETE)
        self.store.delete(req.context, image_id)

    def _shows_size(self, req: wsgi.Request) -> bool:
        return self.policy.allows(req.context, size_policies.SIZE)
