# SPDX-License-Identifier: Apache-2.0

"""Describes the registered options of Nova and ours.

A script for the environment of Nova. Writes a JSON object to its standard
output: "nova" and "ours" have the attributes of options by "[group] name".
"""

from collections.abc import Iterator
from collections.abc import Mapping
import json
import sys
from typing import Any

from keystonemiddleware import opts as keystone_opts
from nova import config as nova_config
from oslo_config import cfg
from oslo_config import types
from oslo_log import log
from oslo_middleware import cors
from oslo_middleware import opts as middleware_opts
from oslo_policy import opts as policy_opts
from oslo_reports import opts as report_opts
from osprofiler import opts as profiler_opts

from nova_images_compat.conf import opts


def nova_options() -> cfg.ConfigOpts:
    """Return Nova's configuration, with the options of its libraries.

    Some libraries register their options only when they are used.
    """
    conf = nova_config.CONF
    nova_config.parse_args(['nova-api'], default_config_files=[])
    conf.register_opts(cors.CORS_OPTS, group='cors')
    for list_of in (
            middleware_opts.list_opts, policy_opts.list_opts,
            report_opts.list_opts, profiler_opts.list_opts,
            keystone_opts.list_auth_token_opts):
        for group, library in list_of():
            if group != 'cors':
                conf.register_opts(library, group=group)
    return conf


def our_options() -> cfg.ConfigOpts:
    """Return the configuration of the service."""
    conf = cfg.ConfigOpts()
    opts.register(conf)
    log.register_options(conf)
    for group, library in keystone_opts.list_auth_token_opts():
        conf.register_opts(library, group=group)
    return conf


def described(conf: cfg.ConfigOpts) -> dict[str, dict[str, Any]]:
    """Return the attributes of each option of a configuration."""
    return {
        f'[{group}] {name}': {
            **_described(info['opt']),
            'default': info.get('default', info['opt'].default)}
        for group, options in _groups(conf)
        for name, info in options.items()}


def _groups(
    conf: cfg.ConfigOpts,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # oslo.config has no public way to list the registered options.
    yield 'DEFAULT', conf._opts
    for name, group in conf._groups.items():
        yield name, group._opts


def _described(opt: cfg.Opt) -> dict[str, Any]:
    return {
        'type': _type(opt.type),
        'required': opt.required,
        'secret': opt.secret,
        'multi': opt.multi,
        'deprecated': sorted(
            f'[{old.group or "-"}] {old.name or opt.name}'
            for old in opt.deprecated_opts),
    }


def _type(kind: Any) -> Any:
    """Return the class of a type, and its parameters."""
    if not isinstance(kind, types.ConfigType):
        return repr(type(kind))
    parameters = {
        name: _parameter(value) for name, value in vars(kind).items()
        if name not in ('type_name', 'error_message')}
    return [type(kind).__name__, parameters]


def _parameter(value: Any) -> Any:
    if isinstance(value, types.ConfigType):
        return _type(value)
    if isinstance(value, dict):
        # The descriptions of choices are not compared.
        return list(value)
    return value


def main() -> None:
    # First ours: Nova changes defaults of libraries for the whole process.
    ours = described(our_options())
    nova = described(nova_options())
    json.dump({'nova': nova, 'ours': ours}, sys.stdout, default=repr)


if __name__ == '__main__':
    main()
