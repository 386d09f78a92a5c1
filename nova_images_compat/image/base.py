# SPDX-License-Identifier: Apache-2.0

"""What an image is, and what every place that images live in can do."""

import abc
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Set
import dataclasses
import datetime
from typing import Any

import orjson
from oslo_config import cfg

from nova_images_compat import context as request_context
from nova_images_compat import exception

SERVER_KEY = 'instance_uuid'
IMAGE_TYPE_KEY = 'image_type'

# Properties with this prefix belong to the image service itself.
SERVICE_PREFIX = 'os_glance_'

# Properties that the image service keeps as JSON text.
JSON_KEYS = ('block_device_mapping', 'mappings')

# The base attributes of the image service's schema (GET /v2/schemas/image,
# Image service API v2.17): an image's own, never its metadata.
IMAGE_ATTRIBUTES = frozenset((
    'checksum', 'container_format', 'created_at', 'direct_url',
    'disk_format', 'file', 'id', 'locations', 'min_disk', 'min_ram', 'name',
    'os_hash_algo', 'os_hash_value', 'os_hidden', 'owner', 'protected',
    'schema', 'self', 'size', 'status', 'stores', 'tags', 'updated_at',
    'virtual_size', 'visibility',
))

CheckCount = Callable[[int], None]


@dataclasses.dataclass(slots=True)
class Image:
    """An image, as the compute API has use for it.

    :ivar status: a status of the Image service API v2
    :ivar size: bytes
    :ivar min_ram: MiB
    :ivar min_disk: GiB
    :ivar created_at: UTC, as YYYY-MM-DDTHH:MM:SSZ; so is updated_at
    """

    id: str
    name: str | None
    status: str
    size: int
    min_ram: int
    min_disk: int
    created_at: str
    updated_at: str
    metadata: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class ImageQuery:
    """What a caller wants of a list; None and empty do not restrict it.

    :ivar statuses: the stores' statuses, of which an image must have one;
        an empty set selects nothing
    :ivar min_ram: exactly this many MiB; min_disk: GiB
    :ivar changes_since: not changed before this time (UTC, naive)
    :ivar metadata: items that an image must have, exactly
    :ivar marker: the id of the image after which the page begins
    :ivar limit: the most images of the page
    :ivar with_metadata: whether the images' metadata is wanted
    """

    name: str | None = None
    statuses: frozenset[str] | None = None
    min_ram: int | None = None
    min_disk: int | None = None
    changes_since: datetime.datetime | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    marker: str | None = None
    limit: int | None = None
    with_metadata: bool = False


class ImageStore(abc.ABC):
    """A place that images live in.

    Made once an application. Its methods are called by many threads, and may
    raise ImageStoreUnavailable beside what they tell of.

    :param conf: the service's configuration
    :raises: ConfigurationError, DatabaseNotReady: it cannot be used so
    """

    @abc.abstractmethod
    def __init__(self, conf: cfg.ConfigOpts) -> None:
        ...

    @abc.abstractmethod
    def check(self) -> None:
        """Ask for a sign of life, in nobody's name.

        :raises: ConfigurationError, IdentityUnavailable: it cannot be asked
        """

    def check_writes(self) -> None:
        """Check that writes can work with this configuration, and change
        nothing.

        :raises: ConfigurationError: they cannot
        """

    @abc.abstractmethod
    def public_root(
        self, context: request_context.RequestContext,
    ) -> str | None:
        """Return the public URL of the image service, without its version;
        None where there is no image service.
        """

    def service_path(self, context: request_context.RequestContext) -> str:
        """Return the path of the URL, without its version, that requests to
        the image service go to: ``[api] glance_link_prefix`` goes before it,
        as in Nova.

        :raises: ImageStoreUnavailable: no URL is known
        """
        return ''

    @abc.abstractmethod
    def get(
        self, context: request_context.RequestContext, image_id: str,
    ) -> Image:
        """Return an image that the caller may see.

        :raises: ImageNotFound
        """

    @abc.abstractmethod
    def list(
        self, context: request_context.RequestContext, query: ImageQuery,
    ) -> list[Image]:
        """Return a page of the caller's images, the newest first.

        :raises: InvalidParameter: the marker is no image of theirs
        """

    @abc.abstractmethod
    def delete(
        self, context: request_context.RequestContext, image_id: str,
    ) -> None:
        """Delete an image.

        :raises: ImageNotFound, ImageDeleteNotAuthorized
        """

    @abc.abstractmethod
    def add_metadata(
        self, context: request_context.RequestContext, image_id: str,
        metadata: Mapping[str, str], check_count: CheckCount,
    ) -> dict[str, Any]:
        """Create or update metadata items, and touch no other.

        :param metadata: the items
        :param check_count: is called with how many items the image would
            have, and raises if they are too many
        :returns: all of the image's metadata
        :raises: ImageNotFound, ImageNotAuthorized, ReservedMetadataKey
        """

    @abc.abstractmethod
    def replace_metadata(
        self, context: request_context.RequestContext, image_id: str,
        metadata: Mapping[str, str], check_count: CheckCount,
    ) -> None:
        """Replace the metadata; the image service's own keys (os_glance_*)
        stay unless an item names them.

        :param metadata: the items
        :param check_count: is called with how many items the caller wants,
            and raises if they are too many
        :raises: ImageNotFound, ImageNotAuthorized, ReservedMetadataKey
        """

    @abc.abstractmethod
    def remove_metadata(
        self, context: request_context.RequestContext, image_id: str,
        key: str,
    ) -> None:
        """Remove a metadata item.

        :raises: ImageNotFound, ImageNotAuthorized, MetadataKeyNotFound
        """


def refuse_reserved_keys(
    metadata: Mapping[str, str], attributes: Set[str] = IMAGE_ATTRIBUTES,
) -> None:
    """Let no metadata item pass that names an attribute of the image.

    :raises: ReservedMetadataKey
    """
    for key in metadata:
        if key in attributes:
            raise exception.ReservedMetadataKey(key=key)


def decode_metadata(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties as answers show them, the JSON text decoded."""
    for key in JSON_KEYS:
        if key in properties:
            try:
                properties[key] = orjson.loads(properties[key])
            except orjson.JSONDecodeError:
                continue
    return properties
