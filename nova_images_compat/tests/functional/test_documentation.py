# SPDX-License-Identifier: Apache-2.0

"""The documentation agrees with the service."""

import json
import pathlib
import re

import yaml

from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import operations
from nova_images_compat.tests.integration.differential import deviations

TOP = pathlib.Path(__file__).parents[3]
PAGES = TOP / 'doc' / 'source'
TESTS = TOP / 'nova_images_compat' / 'tests'
CONTRACT = TESTS / 'contract' / 'contract.json'
OPTION_DIFFERENCES = TESTS / 'integration' / 'option_differences.yaml'

SUCCESSFUL = range(200, 300)

# The numbers of differences.
LAST_DIFFERENCE = 38
UNUSED_NUMBERS = (19, 20)


class DifferencesPage(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        page = (PAGES / 'differences.rst').read_text('utf-8')
        # Each row of a table begins with the number, which is an anchor. Other
        # rows of the same number have none.
        rows = re.findall(r'^   \* - (.+)$', page, re.MULTILINE)
        self.numbers = [row for row in rows if row != 'No.']
        self.anchors = [number.strip('_`') for number in self.numbers
                        if number.startswith('_`')]

    def test_every_difference_is_explained(self) -> None:
        known = {deviation.name for deviation in deviations.DEVIATIONS}
        known.update(
            step['deviation']
            for scenario in json.loads(CONTRACT.read_text('utf-8'))
            for step in scenario['steps'] if 'deviation' in step)
        self.assertEqual(set(), known - set(self.anchors))

    def test_numbers_are_complete(self) -> None:
        self.assertEqual(
            sorted(f'D{number}' for number in range(1, LAST_DIFFERENCE + 1)
                   if number not in UNUSED_NUMBERS),
            sorted(self.anchors))
        self.assertEqual(
            set(self.anchors), {name.strip('_`') for name in self.numbers})


class NovaOptionsPage(base.TestCase):

    def test_every_difference_is_listed(self) -> None:
        page = (PAGES / 'configuration/nova.rst').read_text('utf-8')
        table = page.partition('.. list-table::')[2]
        listed = yaml.safe_load(OPTION_DIFFERENCES.read_text('utf-8'))
        for options in listed.values():
            for option in options:
                with self.case(option):
                    group, name = option.split()
                    self.assertRegex(
                        table, rf'{re.escape(group)}[^*]*\b{name}``')


class PolicyFiles(base.TestCase):

    def test_read_only(self) -> None:
        self.assertEqual(
            {rule for rule, operation in operations.BY_RULE.items()
             if operation.method == 'GET'},
            self.allowed('policy-read-only.yaml', 'member'))
        self.assertEqual(
            operations.BY_RULE.keys(),
            self.allowed('policy-read-only.yaml', 'admin'))

    def test_closed(self) -> None:
        for user in ('member', 'admin'):
            with self.case(user):
                self.assertEqual(
                    set(), self.allowed('policy-closed.yaml', user))

    def allowed(self, name: str, user: str) -> set[str]:
        """Return the rules of the operations that a policy file allows."""
        service = self.make_service({'oslo_policy': {
            'policy_file': str(PAGES / 'admin' / name)}})
        return {
            rule for rule, operation in operations.BY_RULE.items()
            if operation.send(
                service, service.add_image(**operations.METADATA), user,
            ).status_int in SUCCESSFUL}
