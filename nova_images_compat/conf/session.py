# SPDX-License-Identifier: Apache-2.0

"""keystoneauth's options of a session. ``timeout`` may be a fraction; before
keystoneauth 5.16, its own option is an integer."""

from keystoneauth1 import loading
from oslo_config import cfg


def options(
    timeout: float,
    deprecated: dict[str, list[cfg.DeprecatedOpt]] | None = None,
) -> list[cfg.Opt]:
    """Return the options.

    :param timeout: the default of ``timeout``, in seconds
    :param deprecated: old names of options, by their names
    """
    return [
        cfg.FloatOpt(
            'timeout', default=timeout,
            help='Seconds that a request may take.')
        if opt.dest == 'timeout' else opt
        for opt in loading.get_session_conf_options(
            deprecated_opts=deprecated)]
