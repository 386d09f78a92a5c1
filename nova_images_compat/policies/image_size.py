# SPDX-License-Identifier: Apache-2.0

"""The policy rule of the image size."""

from nova_images_compat.policies import base

SIZE = 'os_compute_api:image-size'

RULES = [
    base.operation_rule(
        SIZE,
        'See the attribute "OS-EXT-IMG-SIZE:size" of an image. Where this '
        'is refused, the answer comes without it.',
        ('GET', '/images/{image_id}'), ('GET', '/images/detail')),
]
