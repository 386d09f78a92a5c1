# SPDX-License-Identifier: Apache-2.0

"""The documentation agrees with the service."""

import configparser
import json
import pathlib
import re
import subprocess

import fixtures
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
LAST_DIFFERENCE = 39
UNUSED_NUMBERS = (19, 20)

# The part of Nova's api-paste.ini that the filter belongs to.
NOVA_PASTE = """
[composite:openstack_compute_api_v21]
use = call:nova.api.auth:pipeline_factory_v21
keystone = cors authtoken keystonecontext osapi_compute_app_v21
noauth2 = cors noauth2 osapi_compute_app_v21

[composite:openstack_compute_api_v21_legacy_v2_compatible]
use = call:nova.api.auth:pipeline_factory_v21
keystone = cors authtoken legacy_v2_compatible osapi_compute_app_v21

[app:osapi_compute_app_v21]
paste.app_factory = nova.api.openstack.compute:APIRouterV21.factory
"""


class FirstPage(base.TestCase):

    def test_second_line_adds_the_filter(self) -> None:
        readme = (TOP / 'README.rst').read_text('utf-8')
        [line] = re.findall('^ +(sed .*)$', readme, re.MULTILINE)
        paste = pathlib.Path(
            self.useFixture(fixtures.TempDir()).join('api-paste.ini'))
        paste.write_text(NOVA_PASTE)
        subprocess.run(
            ['sh', '-ec', line.replace('/etc/nova/api-paste.ini', str(paste))],
            check=True)
        wanted = configparser.ConfigParser()
        wanted.read_string(NOVA_PASTE)
        wanted['filter:images_compat'] = {
            'use': 'egg:nova-images-compat#images_compat'}
        for name in ('', '_legacy_v2_compatible'):
            section = wanted[f'composite:openstack_compute_api_v21{name}']
            section['keystone'] = section['keystone'].replace(
                ' osapi_compute', ' images_compat osapi_compute')
        found = configparser.ConfigParser()
        found.read(paste)
        self.assertEqual(wanted, found)


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
