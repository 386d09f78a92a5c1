# SPDX-License-Identifier: Apache-2.0

"""All options of the service, for the configuration object and for the sample
generator."""

from collections.abc import Iterable
import copy

from keystoneauth1 import loading
from oslo_config import cfg
from oslo_middleware import cors
from oslo_middleware import opts as middleware_opts
from oslo_policy import opts as policy_opts
from oslo_reports import opts as report_opts
from osprofiler import opts as profiler_opts

from nova_images_compat.conf import api
from nova_images_compat.conf import coordination
from nova_images_compat.conf import database
from nova_images_compat.conf import glance
from nova_images_compat.conf import paths
from nova_images_compat.conf import quota as quota_conf
from nova_images_compat.conf import service_user
from nova_images_compat.conf import usage as usage_conf
from nova_images_compat.conf import wsgi as wsgi_conf

MODULES = (
    paths, api, glance, service_user, coordination, quota_conf, usage_conf,
    wsgi_conf)

# As in Nova. The defaults of oslo.policy 4.3 (2024.1) differ.
POLICY_DEFAULTS = {'policy_file': 'policy.yaml', 'enforce_new_defaults': True}

CORS_DEFAULTS = {
    'allow_headers': [
        'X-Auth-Token', 'X-Openstack-Request-Id', 'X-Identity-Status',
        'X-Roles', 'X-Service-Catalog', 'X-User-Id', 'X-Tenant-Id',
        'X-OpenStack-Nova-API-Version', 'OpenStack-API-Version'],
    'expose_headers': [
        'X-Auth-Token', 'X-Openstack-Request-Id', 'X-Subject-Token',
        'X-Service-Token', 'X-OpenStack-Nova-API-Version',
        'OpenStack-API-Version'],
    'allow_methods': ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'],
}


def list_opts() -> list[tuple[cfg.OptGroup | None, Iterable[cfg.Opt]]]:
    """Return the service's own options, for ``oslo-config-generator`` and
    ``oslo-config-validator``.

    The options of a user's authentication plugin are those of the plugin
    ``password``: keystoneauth registers those of the plugin in ``auth_type``.
    """
    return [*_own_opts(), (
        service_user.GROUP, loading.get_auth_plugin_conf_options('password'))]


def _own_opts() -> list[tuple[cfg.OptGroup | None, Iterable[cfg.Opt]]]:
    return [(module.GROUP, module.OPTS) for module in MODULES]


def set_generator_defaults() -> None:
    """Set our defaults of the libraries' options for the sample generator."""
    database.set_generator_default()
    cors.set_defaults(**CORS_DEFAULTS)


def register(conf: cfg.ConfigOpts) -> None:
    """Register every option that the service reads.

    :param conf: the configuration object
    """
    for group, opts in _own_opts():
        conf.register_opts(opts, group=_own_group(group))
    database.register(conf)
    conf.register_opts(cors.CORS_OPTS, group='cors')
    for name, default in CORS_DEFAULTS.items():
        conf.set_default(name, default, group='cors')
    for list_of in (
            middleware_opts.list_opts_healthcheck,
            middleware_opts.list_opts_http_proxy_to_wsgi,
            middleware_opts.list_opts_sizelimit, policy_opts.list_opts,
            profiler_opts.list_opts, report_opts.list_opts):
        for name, opts in list_of():
            conf.register_opts(map(_with_secret, opts), group=name)
    # policy_opts.set_defaults would change them for the whole process.
    for option, value in POLICY_DEFAULTS.items():
        conf.set_default(option, value, group='oslo_policy')


def _with_secret(opt: cfg.Opt) -> cfg.Opt:
    """Return the option, marked as secret if its URL can have a password."""
    if opt.dest != 'connection_string':
        return opt
    opt = copy.copy(opt)
    opt.secret = True
    return opt


def _own_group(group: cfg.OptGroup | None) -> cfg.OptGroup | None:
    """Copy the group: oslo.config registers options on the OptGroup, so
    sharing it would leak them to other configuration objects.
    """
    return group and cfg.OptGroup(group.name, group.title, group.help)
