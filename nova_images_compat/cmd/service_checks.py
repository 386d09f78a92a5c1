# SPDX-License-Identifier: Apache-2.0

"""The upgrade checks of ``nova-images-compat-status``: the service's own, and
those of its image store."""

import functools
import os
import pwd

from oslo_config import cfg
from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck

from nova_images_compat.api import app
from nova_images_compat.api.pipeline import paste
from nova_images_compat.conf import api
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import identity
from nova_images_compat.image import base as image_base
from nova_images_compat.image import loader
from nova_images_compat import policy

STORE = 'Image store'

# The rows of the table. Other checks of a store come after "Image store".
ORDER = (
    'Configuration', 'Identity service', STORE, 'Image service',
    'Counts of calls', 'Locks', 'Policy')

PASSWORDS = ('password', 'v3password')

# The options that a user with a password needs: one of each tuple.
NEEDED = (
    ('auth_url',), ('username', 'user_id'), ('password',),
    ('project_name', 'project_id', 'system_scope'))


def find(conf: cfg.ConfigOpts) -> list[image_base.Check]:
    """Return all checks, in the order of ``ORDER``.

    A row that neither the service nor its store has a check for is skipped.

    :param conf: the service's configuration
    """
    service = ServiceChecks(conf)
    checks = [
        image_base.Check('Configuration', service.check_configuration),
        image_base.Check('Identity service', service.check_identity),
        image_base.Check(STORE, service.check_store),
        image_base.Check('Counts of calls', service.check_counts),
        image_base.Check('Policy', service.check_policy),
        *_store_checks(conf)]
    missing = set(ORDER).difference(check.name for check in checks)
    checks += [
        image_base.Check(name, functools.partial(
            _skipped, f'[api] image_store is "{conf.api.image_store}"'))
        for name in missing]
    return sorted(checks, key=_position)


class ServiceChecks:
    """The checks of what the service needs with any image store.

    Each method returns the details of a success; ``image_base.Check`` tells
    what it raises.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf

    def check_configuration(self) -> str:
        """Check the paste file, and the options of the service's users."""
        paste.check_file(app.paste_file(self.conf))
        if not self._has_keystone:
            raise exception.CheckWarning(
                f'[api] auth_strategy {self.conf.api.auth_strategy} is for '
                'development: it accepts every token.')
        identity.OwnUser(self.conf).tls.check_at_start()
        groups = [identity.GROUP]
        user = identity.load_service_user(self.conf)
        if user:
            user.tls.check_at_start()
            groups.append(identity.SERVICE_GROUP)
        missing = [f'[{group}] {name}' for group in groups
                   for name in _missing_options(self.conf, group)]
        if missing:
            raise exception.CheckFailed(f'Not set: {", ".join(missing)}.')
        options = self.conf.service_user
        if options.send_service_user_token and not user:
            section = options.auth_section or identity.SERVICE_GROUP
            raise exception.CheckWarning(
                f'No service token is sent: [{section}] auth_type is not set.')
        return f'It is complete, and the user {_user_name()} can read it.'

    def check_identity(self) -> str:
        """Ask Keystone for a token of each of the service's users, and
        validate one. Each user may validate its own token, so that this does
        not find a missing role.
        """
        if not self._has_keystone:
            return _skipped('[api] auth_strategy does not use Keystone')
        users = [f'[{identity.GROUP}]']
        own = identity.OwnUser(self.conf)
        try:
            own.access()
            user = identity.load_service_user(self.conf)
            if user:
                users.append(f'[{identity.SERVICE_GROUP}]')
                user.token()
        except exception.IdentityUnavailable as error:
            raise exception.CheckFailed(
                f'No token for the user of {users[-1]}: '
                f'{exception.reason(error)}') from error
        try:
            own.validate()
        except exception.IdentityUnavailable as error:
            raise exception.CheckFailed(
                f'The user of {users[0]} cannot validate tokens: '
                f'{exception.reason(error)}') from error
        return (f'It issues a token to the user of {" and of ".join(users)}, '
                f'and validates it.')

    def check_store(self) -> str:
        """Make the image store, and ask it for a sign of life."""
        name = self.conf.api.image_store
        loader.load_store(self.conf).check()
        return f'The store "{name}" is ready and responds.'

    def check_counts(self) -> str:
        """Look for the table of the counts of calls."""
        if not self.conf.usage_counts.enabled:
            return _skipped('[usage_counts] enabled is off')
        extras.check(extras.DATABASE, '[usage_counts] enabled')
        from nova_images_compat.db import engine as db_engine
        try:
            db_engine.Database(self.conf, retry=False)
        except exception.DatabaseUnreachable as error:
            raise exception.CheckWarning(
                'Counts stay in memory until the database is reachable, and '
                'are lost when their process ends before: '
                f'{exception.reason(error)}') from error
        return 'The database has the table of the counts.'

    def check_policy(self) -> str:
        """Read the policy files."""
        unknown = policy.Policy(self.conf).unknown_rules
        result = common_checks.check_policy_json(
            upgradecheck.UpgradeCommands(), self.conf)
        if result.code is not upgradecheck.Code.SUCCESS:
            raise exception.CheckFailed(result.details)
        if unknown:
            raise exception.CheckWarning(
                f'Unknown rules, which have no effect: {", ".join(unknown)}.')
        return 'Every rule can be read, and none is in JSON.'

    @property
    def _has_keystone(self) -> bool:
        return self.conf.api.auth_strategy == api.KEYSTONE


def _store_checks(conf: cfg.ConfigOpts) -> tuple[image_base.Check, ...]:
    """Return the checks of the store; none of a store that cannot be found,
    which "Image store" reports.
    """
    try:
        return loader.load_class(conf).checks(conf)
    except exception.ConfigurationError:
        return ()


def _position(check: image_base.Check) -> int:
    return ORDER.index(check.name if check.name in ORDER else STORE)


def _skipped(reason: str) -> str:
    return f'Skipped: {reason}.'


def _missing_options(conf: cfg.ConfigOpts, group: str) -> list[str]:
    """Return the options that a user with a password needs and that are not
    set.
    """
    options = conf[conf[group].auth_section or group]
    if options.auth_type not in PASSWORDS:
        return []
    return [' or '.join(names) for names in NEEDED
            if not any(options[name] for name in names)]


def _user_name() -> str:
    """Return the name of the user that this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
