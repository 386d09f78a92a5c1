# SPDX-License-Identifier: Apache-2.0

"""Where the service keeps its state, and Nova's options for values of a
nova.conf that refer to them, such as ``$my_ip``."""

import importlib.util
import os
import socket

from oslo_config import cfg
from oslo_config import types
from oslo_utils import netutils

GROUP = None

PACKAGES = ('nova', __name__.partition('.')[0])


def base_directory() -> str:
    """Return the directory that Nova's package is in, without importing it;
    that of ours where there is no Nova.
    """
    places = [
        place for name in PACKAGES
        if (spec := importlib.util.find_spec(name))
        for place in spec.submodule_search_locations or ()]
    return os.path.dirname(os.path.abspath(places[0]))


def host_name() -> str:
    """Return this host's name; "localhost" if no option may have it."""
    name = socket.gethostname()
    try:
        return types.HostDomain()(name)
    except ValueError:
        return 'localhost'


OPTS = [
    cfg.StrOpt(
        'state_path',
        default='/var/lib/nova-images-compat',
        help='The directory of what the service keeps, such as the embedded '
             "catalogue's SQLite file."),
    cfg.StrOpt(
        'my_ip',
        default=netutils.get_my_ipv4(),
        sample_default='<host_ipv4>',
        help="Nova's option, for values of a nova.conf that refer to it."),
    cfg.HostDomainOpt(
        'host',
        default=host_name(),
        sample_default='<current_hostname>',
        help="Nova's option, for values of a nova.conf that refer to it."),
    cfg.StrOpt(
        'pybasedir',
        default=base_directory(),
        sample_default='<Path>',
        help="Nova's option, for values of a nova.conf that refer to it: the "
             'directory that its package is in, or ours without Nova.'),
    cfg.StrOpt(
        'tempdir',
        help="Nova's option, for values of a nova.conf that refer to it."),
]
