# SPDX-License-Identifier: Apache-2.0

"""Changes of an image's metadata, as JSON Patches for the Image service.

It supports these operations of RFC 6902: add, which also replaces, replace and
remove.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from nova_images_compat import exception
from nova_images_compat.image import base as image_base

MEDIA_TYPE = 'application/openstack-images-v2.1-json-patch'

# Attributes of Glance's image objects that its API does not show (Glance 33.0,
# glance.notifier.ImageProxy). Instead of a property of such a name, Glance
# sets the attribute and keeps nothing. It answers 200, or 500 if the attribute
# cannot be set.
_OF_GLANCE = frozenset((
    '_format_image_send', '_format_import_properties',
    '_get_chunk_data_iterator', 'base', 'context', 'deactivate', 'delete',
    'extra_properties', 'get_data', 'get_payload', 'get_super_class',
    'helper', 'image_id', 'member', 'notifier', 'reactivate', 'repo',
    'send_notification', 'set_data'))

# Attributes that Python 3.10 to 3.13 give to the objects of an abstract class:
# the Image service may run on any of them.
_OF_PYTHON = frozenset((
    '__abstractmethods__', '__class__', '__delattr__', '__dict__', '__dir__',
    '__doc__', '__eq__', '__firstlineno__', '__format__', '__ge__',
    '__getattribute__', '__getstate__', '__gt__', '__hash__', '__init__',
    '__init_subclass__', '__le__', '__lt__', '__module__', '__ne__',
    '__new__', '__reduce__', '__reduce_ex__', '__repr__', '__setattr__',
    '__sizeof__', '__slotnames__', '__static_attributes__', '__str__',
    '__subclasshook__', '__weakref__', '_abc_impl'))

NOT_KEPT = _OF_GLANCE | _OF_PYTHON

Operation = dict[str, str]
Properties = Mapping[str, Any]

# Returns the operations of a patch. Its parameters are the image's present
# properties, and whether an earlier try may have been carried out.
Change = Callable[[Properties, bool], list[Operation]]


def reject_unkept_keys(metadata: Mapping[str, str]) -> None:
    """Reject metadata items that the Image service would lose.

    :raises: MetadataRejected: there is such an item
    """
    for key in metadata:
        if key in NOT_KEPT:
            raise exception.MetadataRejected(
                reason=f"it cannot keep an item of the name '{key}'.")


def addition(
    metadata: Mapping[str, str], check_count: image_base.CheckCount,
) -> Change:
    """Return the change that creates or updates items.

    :param metadata: the items
    :param check_count: called with the number of items that the image will
        have; it raises an error if they are too many
    """
    def change(current: Properties, is_repeated: bool) -> list[Operation]:
        check_count(len(current.keys() | metadata.keys()))
        # Items that have this value already are sent, too: only the Image
        # service knows whether the caller may write them.
        return [_set('add', key, value) for key, value in metadata.items()
                if current.get(key) != value
                or not (is_repeated or image_base.is_service_key(key))]

    return change


def replacement(
    metadata: Mapping[str, str], check_count: image_base.CheckCount,
) -> Change:
    """Return the change that replaces all items, except the Image service's
    own.

    :param metadata: the new items
    :param check_count: called with the number of new items; it raises an error
        if they are too many
    """
    def change(current: Properties, is_repeated: bool) -> list[Operation]:
        check_count(len(metadata))
        return [
            *(_remove(key) for key in current
              if key not in metadata
              and not image_base.is_service_key(key)),
            *(_set('replace' if key in current else 'add', key, value)
              for key, value in metadata.items()
              if current.get(key) != value)]

    return change


def removal(key: str) -> Change:
    """Return the change that removes an item.

    The change raises MetadataKeyNotFound if there is no such item, unless an
    earlier try may have removed it.
    """
    def change(current: Properties, is_repeated: bool) -> list[Operation]:
        if key in current:
            return [_remove(key)]
        if not is_repeated:
            raise exception.MetadataKeyNotFound()
        return []

    return change


def _set(operation: str, key: str, value: str) -> Operation:
    return {'op': operation, 'path': _pointer(key), 'value': value}


def _remove(key: str) -> Operation:
    return {'op': 'remove', 'path': _pointer(key)}


def _pointer(key: str) -> str:
    """Return the JSON Pointer of a property (RFC 6901)."""
    return '/' + key.replace('~', '~0').replace('/', '~1')
