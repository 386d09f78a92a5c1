# SPDX-License-Identifier: Apache-2.0

"""The policy rule of the image size."""

from nova_images_compat.policies import base

SIZE = 'os_compute_api:image-size'

RULES = [
    base.operation_rule(
        SIZE,
        'See the attribute "OS-EXT-IMG-SIZE:size" of an image. If this is '
        'not allowed, the response does not have it.',
        ('GET', '/images/{image_id}'), ('GET', '/images/detail')),
]
