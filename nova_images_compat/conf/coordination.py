# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[coordination]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup('coordination', title='Locks across processes and hosts')

OPTS = [
    cfg.StrOpt(
        'backend_url',
        default='file://$state_path/locks',
        secret=True,
        help='The tooz backend of the locks. A metadata write locks its '
             'image, so that other writes of that image wait. The default '
             'works for the processes of one host. Several hosts need a '
             'backend that they share, such as '
             'redis://cache.example.com:6379.'),
    cfg.IntOpt(
        'lock_timeout',
        default=30,
        min=0,
        help='Seconds that a metadata write waits for its lock. Then the '
             'response is an error 503.'),
]
