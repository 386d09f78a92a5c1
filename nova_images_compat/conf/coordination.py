# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[coordination]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup('coordination', title='Locks across processes and hosts')

OPTS = [
    cfg.StrOpt(
        'backend_url',
        default='file://$state_path/locks',
        secret=True,
        help='The tooz backend of the locks that let one metadata write of '
             'an image follow another. The default serves the processes of '
             'one host; for several hosts, a backend that they share, such '
             'as redis://cache.example.com:6379.'),
    cfg.IntOpt(
        'lock_timeout',
        default=30,
        min=0,
        help='The seconds that a metadata write waits for its lock, before '
             'it is refused with 503.'),
]
