# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[usage]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup('usage', title='Who still calls this API')

OPTS = [
    cfg.BoolOpt(
        'enabled',
        default=False,
        help='Count the calls of the operations by day (UTC), project, user '
             'agent, operation and microversion, in [database]. '
             '"nova-images-compat-manage db sync" makes the table, with any '
             'image store; "nova-images-compat-manage usage report" shows '
             'the counts.'),
    cfg.IntOpt(
        'interval',
        default=60,
        min=1,
        help='The seconds between two times that a process writes what it '
             'has counted: so much is lost at most if it is killed.'),
    cfg.IntOpt(
        'max_counters',
        default=10000,
        min=1,
        help='The most counters of a process in a day, and the most that it '
             'keeps in memory while the database does not answer. What would '
             'need another one is counted under the user agent "other".'),
]
