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
        help='The most metadata items that an image may have after a write. '
             '-1: no limit.'),
    cfg.StrOpt(
        'driver',
        default=DATABASE,
        choices=[
            (DATABASE, 'The limit is [quota] metadata_items.'),
            ('nova.quota.NoopQuotaDriver', 'There is no limit.'),
            ('nova.quota.UnifiedLimitsDriver', 'There is no limit: Nova does '
             'not ask Keystone for one on the metadata of images.'),
        ],
        help="Nova's quota driver. It determines whether the metadata of "
             'images is limited.'),
]
