# SPDX-License-Identifier: Apache-2.0

"""The names of an image's attributes, by the Image service's schema: all other
keys of its JSON are metadata."""

from collections.abc import Set
import dataclasses
import threading
import time

from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat import log

LOG = log.getLogger(__name__)

PATH = '/v2/schemas/image'

# Seconds that a schema is kept, after which a failed request is repeated, and
# that a request may take.
REFRESH_AFTER = 3600.0
RETRY_AFTER = 60.0
TIMEOUT = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    attributes: Set[str]
    good_until: float


class ImageSchema:
    """The attributes of images, by the schema of each server.

    A server's schema is fetched with the first request that the server
    answers, and again after an hour. Without a schema, the attributes are
    those of the Image service API v2.17.

    :param client: asks the Image service
    """

    def __init__(self, client: glance_client.Client) -> None:
        self.client = client
        self._known: dict[str, _Known] = {}
        self._fetching = threading.Lock()

    def attributes(
        self, context: request_context.RequestContext, root: str,
    ) -> Set[str]:
        """Return the names of an image's attributes.

        :param root: the server that returned the image
        """
        known = self._known.get(root)
        if known and time.monotonic() < known.good_until:
            return known.attributes
        if self._fetching.acquire(blocking=False):
            try:
                known = self._known[root] = self._refreshed(
                    context, root, known)
            finally:
                self._fetching.release()
        return known.attributes if known else image_base.IMAGE_ATTRIBUTES

    def _refreshed(
        self, context: request_context.RequestContext, root: str,
        known: _Known | None,
    ) -> _Known:
        try:
            attributes = self._fetch(context, root)
        except exception.APIError as error:
            LOG.warning('Cannot get the image schema from the Image service '
                        'at %s: %s', root, error)
            return _Known(
                known.attributes if known else image_base.IMAGE_ATTRIBUTES,
                time.monotonic() + RETRY_AFTER)
        return _Known(attributes, time.monotonic() + REFRESH_AFTER)

    def _fetch(
        self, context: request_context.RequestContext, root: str,
    ) -> Set[str]:
        answer = self.client.ask(context, root, PATH, TIMEOUT)
        properties = answer.document().get('properties')
        if not isinstance(properties, dict) or 'id' not in properties:
            raise answer.invalid('not a schema of images')
        return frozenset(
            name for name, definition in properties.items()
            if not isinstance(definition, dict)
            or definition.get('is_base', True))
