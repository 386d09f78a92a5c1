# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[quota]``, as in Nova."""

from oslo_config import cfg

DATABASE = 'nova.quota.DbQuotaDriver'

GROUP = cfg.OptGroup('quota', title='Quotas')

OPTS = [
    cfg.IntOpt(
        'metadata_items',
        default=128,
        min=-1,
        deprecated_name='quota_metadata_items',
        deprecated_group='DEFAULT',
        help='The most metadata items that a write may leave an image with. '
             '-1: no limit.'),
    cfg.StrOpt(
        'driver',
        default=DATABASE,
        choices=[
            (DATABASE, 'The limit is [quota] metadata_items.'),
            ('nova.quota.NoopQuotaDriver', 'There is no limit.'),
            ('nova.quota.UnifiedLimitsDriver', 'There is no limit: Nova asks '
             "Keystone for no limit on images' metadata."),
        ],
        help="Which quota driver Nova has: it says whether images' metadata "
             'is limited.'),
]
