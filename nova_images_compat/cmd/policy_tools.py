# SPDX-License-Identifier: Apache-2.0

"""The enforcer for oslo.policy's commands, such as ``oslopolicy-validator``.

``cfg.CONF`` is the configuration of these commands, not of the service.
"""

import atexit
from collections.abc import Mapping
import json
import pathlib
import sys
import tempfile

from oslo_config import cfg
from oslo_policy import opts as policy_opts
from oslo_policy import policy as oslo_policy

from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import policy
from nova_images_compat import policy_files

LOG = log.getLogger(__name__)


class Enforcer(oslo_policy.Enforcer):
    """An enforcer that also rejects the rules that only the service rejects.

    :param conf: the service's configuration
    :raises: ConfigurationError: a policy file cannot be read, or has a rule
        that is not a string
    :ivar texts: the rules in the files, by their names
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        defaults = policy.default_rules(conf)
        self.suppress_default_change_warnings = True
        self.register_defaults(defaults)
        files = policy_files.read(policy_files.find(conf))
        self.texts: dict[str, str] = {}
        for path, rules in files.items():
            for name, text in rules.items():
                # oslo.policy fails with a TypeError.
                if not isinstance(text, str):
                    raise exception.ConfigurationError(
                        f'{policy_files.option(path)}: {name}: {text!r} is '
                        'not a rule')
                self.texts[name] = text
        self._service_rules = policy_files.Rules(files, defaults)

    def check_rules(self, raise_on_violation: bool = False) -> bool:
        """Return whether all rules are valid, and log those that are not."""
        valid = super().check_rules(raise_on_violation)
        try:
            self._service_rules.checks(policy.RULES)
        except exception.ConfigurationError as error:
            LOG.error('%s', error)
            return False
        return valid


def get_enforcer() -> Enforcer:
    """Return an enforcer with the policy of the service.

    The command's options ``--config-file`` and ``--config-dir`` name the
    service's configuration; without them, it is in the usual places. An error
    in the configuration or a policy file ends the command.
    """
    try:
        enforcer = Enforcer(reader.load(_arguments(cfg.CONF)))
    except exception.OperatorError as error:
        sys.exit(f'nova-images-compat: {error}')
    for group, opts in policy_opts.list_opts():
        cfg.CONF.register_opts(opts, group=group)
    # oslopolicy-validator reads the rules again from the file in this option,
    # and fails if the rule is in another file.
    cfg.CONF.set_override(
        'policy_file', _write(enforcer.texts), 'oslo_policy')
    return enforcer


def _arguments(conf: cfg.ConfigOpts) -> list[str]:
    """Return the arguments of a command that name configuration files."""
    return [
        argument for option in ('config_file', 'config_dir')
        for path in getattr(conf, option, None) or ()
        for argument in (f'--{option.replace("_", "-")}', path)]


def _write(rules: Mapping[str, str]) -> str:
    """Write rules into a file that exists until the process ends, and return
    its path.
    """
    with tempfile.NamedTemporaryFile(
            'w', encoding='utf-8', delete=False) as file:
        atexit.register(pathlib.Path(file.name).unlink, missing_ok=True)
        json.dump(rules, file, ensure_ascii=False)
    return file.name
