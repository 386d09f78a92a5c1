# SPDX-License-Identifier: Apache-2.0

"""Policy rules of the images."""

from nova_images_compat.policies import base

INDEX = 'os_compute_api:images:index'
DETAIL = 'os_compute_api:images:detail'
SHOW = 'os_compute_api:images:show'
DELETE = 'os_compute_api:images:delete'

RULES = [
    base.operation_rule(INDEX, 'List images.', ('GET', '/images')),
    base.operation_rule(
        DETAIL, 'List images with their details.', ('GET', '/images/detail')),
    base.operation_rule(
        SHOW, 'Show an image.', ('GET', '/images/{image_id}')),
    base.operation_rule(
        DELETE, 'Delete an image.', ('DELETE', '/images/{image_id}')),
]
