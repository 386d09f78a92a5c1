# SPDX-License-Identifier: Apache-2.0

"""Where the service keeps its state."""

from oslo_config import cfg

GROUP = None

OPTS = [
    cfg.StrOpt(
        'state_path',
        default='/var/lib/nova-images-compat',
        help='The directory of what the service keeps, such as the embedded '
             "catalogue's SQLite file."),
    cfg.StrOpt(
        'my_ip',
        help="Nova's option, for values of a nova.conf that refer to it."),
]
