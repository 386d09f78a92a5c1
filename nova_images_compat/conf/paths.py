# SPDX-License-Identifier: Apache-2.0

"""The directory of the service's state, and Nova's options that values in a
nova.conf can refer to, such as ``$my_ip``."""

import importlib.util
import os
import socket

from oslo_config import cfg
from oslo_config import types
from oslo_utils import netutils

GROUP = None

PACKAGES = ('nova', __name__.partition('.')[0])


def base_directory() -> str:
    """Return the directory that has Nova's package, without importing it, or
    this package if Nova is not installed.
    """
    places = [
        place for name in PACKAGES
        if (spec := importlib.util.find_spec(name))
        for place in spec.submodule_search_locations or ()]
    return os.path.dirname(os.path.abspath(places[0]))


def host_name() -> str:
    """Return this host's name, or "localhost" if it is not a valid name."""
    name = socket.gethostname()
    try:
        return types.HostDomain()(name)
    except ValueError:
        return 'localhost'


OPTS = [
    cfg.StrOpt(
        'state_path',
        default='/var/lib/nova-images-compat',
        help="The directory of the service's state, such as the SQLite file "
             'of the embedded catalogue.'),
    cfg.StrOpt(
        'my_ip',
        default=netutils.get_my_ipv4(),
        sample_default='<host_ipv4>',
        help="Nova's option. Values in a nova.conf can refer to it as "
             '$my_ip.'),
    cfg.HostDomainOpt(
        'host',
        default=host_name(),
        sample_default='<current_hostname>',
        help="Nova's option. Values in a nova.conf can refer to it as $host."),
    cfg.StrOpt(
        'pybasedir',
        default=base_directory(),
        sample_default='<Path>',
        help="Nova's option. Values in a nova.conf can refer to it as "
             "$pybasedir: the directory that has Nova's package, or this "
             'package if Nova is not installed.'),
    cfg.StrOpt(
        'tempdir',
        help="Nova's option. Values in a nova.conf can refer to it as "
             '$tempdir.'),
]
