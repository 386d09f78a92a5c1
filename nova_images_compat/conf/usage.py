# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[usage_counts]``.

Its old name, ``usage``, is an attribute of oslo.config's ConfigOpts.
"""

from oslo_config import cfg

OLD_GROUP = 'usage'

GROUP = cfg.OptGroup(
    'usage_counts', title='Counts of calls',
    help=f'Options in the group [{OLD_GROUP}], its old name, still work.')

OPTS = [
    cfg.BoolOpt(
        'enabled',
        default=False,
        deprecated_group=OLD_GROUP,
        help='Count the calls of each operation by day (UTC), project, user '
             'agent and microversion, in [database], with any image store. '
             'First create the table: "nova-images-compat-manage db sync". '
             'To see the counts: "nova-images-compat-manage usage report".'),
    cfg.IntOpt(
        'interval',
        default=60,
        min=1,
        deprecated_group=OLD_GROUP,
        help='Seconds between two writes of the counts of a process. A '
             'process that is killed loses the counts since its last '
             'write.'),
    cfg.IntOpt(
        'max_counters',
        default=10000,
        min=1,
        deprecated_group=OLD_GROUP,
        help='The most counters of a process in a day, and the most that it '
             'keeps in memory while the database is not reachable. Calls '
             'beyond that are counted under the user agent "other". A quarter '
             'of the counters is for known clients. Of user agents that '
             'differ only in versions, 100 in a day have counters of their '
             'own; the next ones share one.'),
]
