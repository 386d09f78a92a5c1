# SPDX-License-Identifier: Apache-2.0

"""The operator's policy files, and the rules in them.

The files also have the rules of other services. Only the rules that are asked
for, and those that they refer to, are checked: an error elsewhere is not ours.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import os
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from nova_images_compat import exception

# The check that allows nobody. oslo.policy also puts it where it cannot parse
# a rule.
NOBODY = '!'

# The path, modification time and size of each file.
Stamp = tuple[tuple[str, int, int], ...]

# oslo.policy publishes the classes of its checks, but not their base class.
Check = Any


class Rules:
    """The rules of policy files, and the default rules.

    :param files: the rules of each file, by its path; later files win
    :param defaults: the rules that apply where no file has others
    """

    def __init__(
        self, files: Mapping[str, Mapping[str, Any]],
        defaults: Sequence[policy.RuleDefault],
    ) -> None:
        self._texts = {
            name: (path, text) for path, rules in files.items()
            for name, text in rules.items()}
        self._defaults = {rule.name: rule for rule in defaults}

    def path(self, name: str) -> str:
        """Return the path of the file that has a rule."""
        return self._texts[name][0]

    def unknown(self, prefix: str) -> list[str]:
        """Return the names of rules with a prefix that have no default."""
        return sorted(
            name for name in self._texts if isinstance(name, str)
            and name.startswith(prefix) and name not in self._defaults)

    def checks(self, names: Iterable[str]) -> dict[str, Check]:
        """Return the checks of rules, and of all rules that they refer to.

        :param names: the names of the rules
        :raises: ConfigurationError: a rule cannot be parsed, does not exist,
            or refers to itself
        """
        checks: dict[str, Check] = {}
        for name in names:
            self._add_check(name, (), checks)
        return checks

    def _add_check(
        self, name: str, referrers: tuple[str, ...], checks: dict[str, Check],
    ) -> None:
        """Add the check of a rule, and of all rules that it refers to.

        :param referrers: the rules that refer to it, the last one directly
        """
        if name in referrers:
            raise self._error(name, 'the rule refers to itself')
        if name in checks:
            return
        check = self._parse(name, referrers)
        for part in _simple_checks(check):
            if isinstance(part, policy.RuleCheck):
                self._add_check(part.match, (*referrers, name), checks)
        checks[name] = check

    def _parse(self, name: str, referrers: tuple[str, ...]) -> Check:
        """Return the check of a rule."""
        if name not in self._texts:
            if name in self._defaults:
                return self._defaults[name].check
            raise self._error(
                referrers[-1],
                f'the rule refers to {name}, which does not exist')
        text = self._texts[name][1]
        if not isinstance(text, str):
            raise self._error(name, f'{text!r} is not a rule')
        check = policy.RuleDefault(name, text).check
        if not _is_parsed(text, check):
            raise self._error(name, f'cannot parse "{text}"')
        return check

    def _error(self, name: str, reason: str) -> exception.ConfigurationError:
        place = option(self.path(name)) if name in self._texts else (
            '[oslo_policy]')
        return exception.ConfigurationError(f'{place}: {name}: {reason}')


def _is_parsed(text: str, check: Check) -> bool:
    """Return whether oslo.policy could parse all of a rule.

    It only logs what it cannot parse, and puts "!" there. So "not frozen",
    where "rule:" is missing, would allow everybody.
    """
    words = text.replace('(', ' ').replace(')', ' ').split()
    if str(check) == NOBODY:
        return words == [NOBODY]
    parts = [str(part) for part in _simple_checks(check)]
    return parts.count(NOBODY) == words.count(NOBODY)


def _simple_checks(check: Check) -> Iterator[Check]:
    """Yield the checks that are combined by "not", "and" and "or"."""
    if isinstance(check, policy.NotCheck):
        yield from _simple_checks(check.rule)
    elif isinstance(check, policy.AndCheck | policy.OrCheck):
        for part in check.rules:
            yield from _simple_checks(part)
    else:
        yield check


def find(conf: cfg.ConfigOpts) -> list[str]:
    """Return the paths of the policy files that exist, in oslo.policy's order.
    """
    options = conf.oslo_policy
    found = [conf.find_file(options.policy_file)]
    for name in options.policy_dirs:
        directory = conf.find_file(name)
        if directory and os.path.isdir(directory):
            # Like oslo.policy, ignore hidden files, such as those of editors.
            found += sorted(
                entry.path for entry in os.scandir(directory)
                if entry.is_file() and not entry.name.startswith('.'))
    return [path for path in found if path]


def read(files: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the rules of policy files, by the path of the file.

    :raises: ConfigurationError: a file cannot be read, or is invalid
    """
    rules_by_path: dict[str, Mapping[str, Any]] = {}
    for path in files:
        try:
            with open(path, 'rb') as file:
                rules = policy.parse_file_contents(file.read())
        except (OSError, ValueError) as error:
            raise exception.ConfigurationError(
                f'{option(path)}: {error}') from error
        if not isinstance(rules, dict):
            raise exception.ConfigurationError(
                f'{option(path)}: the file is not a mapping of rules to '
                'checks')
        rules_by_path[path] = rules
    return rules_by_path


def check_not_empty(files: Sequence[str]) -> None:
    """Check that files exist and are not empty.

    :raises: ConfigurationError: one is missing or empty
    """
    for path in files:
        if not os.path.exists(path) or not os.path.getsize(path):
            raise exception.ConfigurationError(
                f'{option(path)}: the file is missing or empty')


def stamp(files: Sequence[str]) -> Stamp:
    """Return a value that changes when one of the files changes."""
    stamps = []
    for path in files:
        try:
            status = os.stat(path)
        except OSError:
            continue
        stamps.append((path, status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def option(path: str) -> str:
    """Return how messages name a policy file."""
    return f'[oslo_policy] policy_file {path}'
