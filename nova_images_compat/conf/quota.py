# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[quota]``, as in Nova."""

from oslo_config import cfg

GROUP = cfg.OptGroup('quota', title='Quotas')

OPTS = [
    cfg.IntOpt(
        'metadata_items',
        default=128,
        min=-1,
        help='The most metadata items that a write may leave an image with. '
             '-1: no limit.'),
]
