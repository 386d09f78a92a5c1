# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[wsgi]``, as in Nova."""

from oslo_config import cfg

GROUP = cfg.OptGroup('wsgi', title='The WSGI application')

OPTS = [
    cfg.StrOpt(
        'api_paste_config',
        default='api-paste.ini',
        deprecated_group='DEFAULT',
        help="The paste.deploy file that describes the service's pipeline: "
             'a path, or a file name, which is searched for beside the '
             'configuration files and where the package installed its file.'),
]
