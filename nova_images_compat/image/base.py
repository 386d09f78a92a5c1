# SPDX-License-Identifier: Apache-2.0

"""Images, queries, and the interface and rules of all image stores."""

import abc
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Set
import dataclasses
import datetime
from typing import Any

import orjson
from oslo_config import cfg
from oslo_utils import uuidutils

from nova_images_compat import context as request_context
from nova_images_compat import exception

SERVER_KEY = 'instance_uuid'
IMAGE_TYPE_KEY = 'image_type'

# Metadata keys with this prefix belong to the Image service itself.
SERVICE_PREFIX = 'os_glance_'

# Metadata items that the Image service stores as JSON text.
JSON_KEYS = ('block_device_mapping', 'mappings')

# The largest value of an image's min_ram (MiB) and min_disk (GiB).
MAX_INTEGER = 2 ** 31 - 1

# The base attributes in the Image service's schema (GET /v2/schemas/image,
# Image service API v2.17). They are never metadata keys.
IMAGE_ATTRIBUTES = frozenset((
    'checksum', 'container_format', 'created_at', 'direct_url',
    'disk_format', 'file', 'id', 'locations', 'min_disk', 'min_ram', 'name',
    'os_hash_algo', 'os_hash_value', 'os_hidden', 'owner', 'protected',
    'schema', 'self', 'size', 'status', 'stores', 'tags', 'updated_at',
    'virtual_size', 'visibility',
))

# Takes a number of metadata items, and raises if there are too many.
CheckCount = Callable[[int], None]


@dataclasses.dataclass(slots=True)
class Image:
    """The attributes of an image that the API shows.

    :ivar status: a status of the Image service API v2
    :ivar size: in bytes
    :ivar min_ram: in MiB
    :ivar min_disk: in GiB
    :ivar created_at: UTC, as YYYY-MM-DDTHH:MM:SSZ
    :ivar updated_at: UTC, as YYYY-MM-DDTHH:MM:SSZ
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
    """The filters and the page of a list of images.

    A filter that is None or empty does not restrict the list, except for an
    empty set of statuses.

    :ivar statuses: status of the image, as the store names it; an empty set
        selects no image
    :ivar min_ram: exact value, in MiB
    :ivar min_disk: exact value, in GiB
    :ivar changes_since: earliest time of the last change (UTC, naive)
    :ivar metadata: items that the image must have, with exactly these values
    :ivar marker: id of the last image of the previous page
    :ivar limit: maximum number of images
    :ivar with_metadata: whether to return the images' metadata
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


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """An upgrade check: a row of ``nova-images-compat-status``.

    :ivar name: the row's name
    :ivar run: returns the details of a success, and raises CheckWarning for
        a warning, and another OperatorError or an APIError for a failure
    """

    name: str
    run: Callable[[], str]


class ImageStore(abc.ABC):
    """A place where images live.

    An application makes one store. Several threads call its methods at the
    same time. In addition to the errors that a method lists, it may raise
    ImageStoreUnavailable.

    :param conf: the service's configuration
    :raises: ConfigurationError: the configuration is not valid
    :raises: DatabaseNotReady: the database of the store cannot be used
    """

    @abc.abstractmethod
    def __init__(self, conf: cfg.ConfigOpts) -> None:
        ...

    @classmethod
    def checks(cls, conf: cfg.ConfigOpts) -> tuple[Check, ...]:
        """Return the upgrade checks that only this store has.

        :param conf: the service's configuration
        """
        return ()

    @abc.abstractmethod
    def check(self) -> None:
        """Check that the store answers, in the name of no caller.

        :raises: ConfigurationError: the configuration is not valid
        :raises: IdentityUnavailable: the Identity service does not answer
        """

    def check_writes(self) -> None:
        """Check that this configuration allows metadata writes, without
        writing anything.

        :raises: ConfigurationError: it does not
        """

    @abc.abstractmethod
    def public_root(
        self, context: request_context.RequestContext,
    ) -> str | None:
        """Return the public URL of the Image service, without a version.

        :returns: None if the store does not use an Image service
        """

    def service_path(self, context: request_context.RequestContext) -> str:
        """Return the path of the Image service's URL, without a version.

        The links to images have ``[api] glance_link_prefix`` before this
        path, as in Nova.

        :raises: ImageStoreUnavailable: no URL is known
        """
        return ''

    @abc.abstractmethod
    def get(
        self, context: request_context.RequestContext, image_id: str,
    ) -> Image:
        """Return an image.

        :raises: ImageNotFound: it does not exist, or the caller may not see
            it
        """

    @abc.abstractmethod
    def list(
        self, context: request_context.RequestContext, query: ImageQuery,
    ) -> list[Image]:
        """Return a page of the images that the caller may see, newest first.

        :raises: InvalidParameter: the marker is not one of these images
        """

    @abc.abstractmethod
    def delete(
        self, context: request_context.RequestContext, image_id: str,
    ) -> None:
        """Delete an image.

        :raises: ImageNotFound: it does not exist, or the caller may not see
            it
        :raises: ImageDeleteNotAuthorized: the caller may not delete it
        """

    @abc.abstractmethod
    def add_metadata(
        self, context: request_context.RequestContext, image_id: str,
        metadata: Mapping[str, str], check_count: CheckCount,
    ) -> dict[str, Any]:
        """Create or update metadata items. All other items stay as they are.

        :param metadata: the items
        :param check_count: is called with the number of items that the image
            will have
        :returns: all metadata of the image
        :raises: ImageNotFound: the image does not exist, or the caller may
            not see it
        :raises: ImageNotAuthorized: the caller may not change it
        :raises: ReservedMetadataKey: a key is an attribute of the image
        """

    @abc.abstractmethod
    def replace_metadata(
        self, context: request_context.RequestContext, image_id: str,
        metadata: Mapping[str, str], check_count: CheckCount,
    ) -> None:
        """Replace all metadata.

        The Image service's own items (``os_glance_*``) stay, unless the new
        metadata has items with the same keys.

        :param metadata: the new items
        :param check_count: is called with the number of new items
        :raises: ImageNotFound: the image does not exist, or the caller may
            not see it
        :raises: ImageNotAuthorized: the caller may not change it
        :raises: ReservedMetadataKey: a key is an attribute of the image
        """

    @abc.abstractmethod
    def remove_metadata(
        self, context: request_context.RequestContext, image_id: str,
        key: str,
    ) -> None:
        """Remove a metadata item.

        :raises: ImageNotFound: the image does not exist, or the caller may
            not see it
        :raises: ImageNotAuthorized: the caller may not change it
        :raises: MetadataKeyNotFound: the image has no item with this key
        """


def selects_nothing(query: ImageQuery) -> bool:
    """Return whether no image of any store can match a query."""
    numbers = [number for number in (query.min_ram, query.min_disk)
               if number is not None]
    return (
        query.statuses == frozenset()
        or any(abs(number) > MAX_INTEGER for number in numbers)
        or not IMAGE_ATTRIBUTES.isdisjoint(query.metadata))


def check_image_id(image_id: str) -> None:
    """Check that an image can have this id.

    :raises: ImageNotFound: it is not a UUID
    """
    if not uuidutils.is_uuid_like(image_id):
        raise exception.ImageNotFound()


def invalid_marker(marker: str | None) -> exception.InvalidParameter:
    """Return the error for a marker that is not an image of the list."""
    return exception.InvalidParameter(
        name='marker', value=marker,
        reason='It must be the id of an image in the list.')


def is_service_key(key: str) -> bool:
    """Return whether a metadata key belongs to the Image service itself."""
    return key.startswith(SERVICE_PREFIX)


def reject_reserved_keys(
    metadata: Mapping[str, str], attributes: Set[str] = IMAGE_ATTRIBUTES,
) -> None:
    """Reject metadata keys that are attributes of the image.

    :param attributes: the names of the attributes
    :raises: ReservedMetadataKey: a key is one of them
    """
    for key in metadata:
        if key in attributes:
            raise exception.ReservedMetadataKey(key=key)


def decode_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Decode, in place, the items that are stored as JSON text.

    Text that is not JSON stays as it is.

    :returns: the metadata
    """
    for key in JSON_KEYS:
        if key in metadata:
            try:
                metadata[key] = orjson.loads(metadata[key])
            except orjson.JSONDecodeError:
                continue
    return metadata
