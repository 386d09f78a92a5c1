# SPDX-License-Identifier: Apache-2.0

"""Policy rules of the images' metadata."""

from nova_images_compat.policies import base

INDEX = 'os_compute_api:image-metadata:index'
SHOW = 'os_compute_api:image-metadata:show'
CREATE = 'os_compute_api:image-metadata:create'
UPDATE = 'os_compute_api:image-metadata:update'
UPDATE_ALL = 'os_compute_api:image-metadata:update_all'
DELETE = 'os_compute_api:image-metadata:delete'

_ALL = '/images/{image_id}/metadata'
_ONE = '/images/{image_id}/metadata/{key}'

RULES = [
    base.operation_rule(INDEX, "List an image's metadata.", ('GET', _ALL)),
    base.operation_rule(SHOW, 'Show a metadata item.', ('GET', _ONE)),
    base.operation_rule(
        CREATE, 'Create or update metadata items.', ('POST', _ALL)),
    base.operation_rule(
        UPDATE, 'Create or update one metadata item.', ('PUT', _ONE)),
    base.operation_rule(
        UPDATE_ALL, "Replace an image's metadata.", ('PUT', _ALL)),
    base.operation_rule(DELETE, 'Delete a metadata item.', ('DELETE', _ONE)),
]
