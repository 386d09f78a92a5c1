# SPDX-License-Identifier: Apache-2.0

"""Image metadata."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.api.schemas import image_metadata as schema
from nova_images_compat.api import validation
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.policies import image_metadata as policies
from nova_images_compat import policy
from nova_images_compat import quota

LAST_VERSION = 'metadata_max_version'


class ImageMetadataController(wsgi.Controller):
    """Reads and writes the metadata of an image.

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
        self.quota = quota.MetadataQuota(conf)

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((401, 403, 404, 502, 503))
    @validation.response_body_schema(schema.INDEX_RESPONSE)
    def index(self, req: wsgi.Request, image_id: str) -> dict[str, Any]:
        """List an image's metadata."""
        self.policy.authorize(req.context, policies.INDEX)
        return {'metadata': self.store.get(req.context, image_id).metadata}

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((401, 403, 404, 502, 503))
    @validation.response_body_schema(schema.SHOW_RESPONSE)
    def show(
        self, req: wsgi.Request, image_id: str, key: str,
    ) -> dict[str, Any]:
        """Show one metadata item."""
        self.policy.authorize(req.context, policies.SHOW)
        metadata = self.store.get(req.context, image_id).metadata
        if key not in metadata:
            raise exception.NotFound()
        return {'meta': {key: metadata[key]}}

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 404, 409, 502, 503))
    @validation.schema(schema.CREATE)
    @validation.response_body_schema(schema.CREATE_RESPONSE)
    def create(
        self, req: wsgi.Request, image_id: str, body: dict[str, Any],
    ) -> dict[str, Any]:
        """Create or update metadata items; the others stay as they are."""
        self.policy.authorize(req.context, policies.CREATE)
        return {'metadata': self.store.add_metadata(
            req.context, image_id, body['metadata'], self.quota.check)}

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 404, 409, 502, 503))
    @validation.schema(schema.UPDATE)
    @validation.response_body_schema(schema.UPDATE_RESPONSE)
    def update(
        self, req: wsgi.Request, image_id: str, key: str,
        body: dict[str, Any],
    ) -> dict[str, Any]:
        """Create or update one metadata item."""
        self.policy.authorize(req.context, policies.UPDATE)
        if key not in body['meta']:
            raise exception.BadRequest(reason='Request body and URI mismatch')
        self.store.add_metadata(
            req.context, image_id, body['meta'], self.quota.check)
        return {'meta': body['meta']}

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 404, 409, 502, 503))
    @validation.schema(schema.UPDATE_ALL)
    @validation.response_body_schema(schema.UPDATE_ALL_RESPONSE)
    def update_all(
        self, req: wsgi.Request, image_id: str, body: dict[str, Any],
    ) -> dict[str, Any]:
        """Replace an image's metadata."""
        self.policy.authorize(req.context, policies.UPDATE_ALL)
        self.store.replace_metadata(
            req.context, image_id, body['metadata'], self.quota.check)
        return {'metadata': body['metadata']}

    @wsgi.api_version('2.1', LAST_VERSION)
    @wsgi.expected_errors((400, 401, 403, 404, 409, 502, 503))
    @wsgi.response(204)
    @validation.response_body_schema(schema.DELETE_RESPONSE)
    def delete(self, req: wsgi.Request, image_id: str, key: str) -> None:
        """Delete one metadata item."""
        self.policy.authorize(req.context, policies.DELETE)
        self.store.remove_metadata(req.context, image_id, key)
