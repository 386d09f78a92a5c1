# SPDX-License-Identifier: Apache-2.0

"""The API reference says of each operation the same as the OpenAPI document,
which is generated."""

import pathlib
import re
from typing import Any

import testscenarios
import yaml

from nova_images_compat.api.openapi import document
from nova_images_compat.api import routes
from nova_images_compat.tests.functional import base

load_tests = testscenarios.load_tests_apply_scenarios

SOURCE = pathlib.Path(__file__).parents[3] / 'api-ref' / 'source'
PAGE = (SOURCE / 'images.inc').read_text()
PARAMETERS = yaml.safe_load((SOURCE / 'parameters.yaml').read_text())

METHOD = re.compile(r'^\.\. rest_method:: (\w+ \S+)$', re.MULTILINE)
CODE = re.compile(r'^   - ([0-9]{3})(?:: \w+)?$', re.MULTILINE)
PARAMETER = re.compile(r'^   - ([^0-9\s]\S*): (\w+)$', re.MULTILINE)
RESPONSE = '\nResponse\n~~~~~~~~\n'

_, *PARTS = METHOD.split(PAGE)
# The text of each operation, by method and path.
OPERATIONS: dict[str, str] = dict(zip(PARTS[::2], PARTS[1::2]))

# The members of bodies that are images.
IMAGES = ('image', 'images')


class Page(base.TestCase):

    def test_operations_are_those_of_the_url_table(self) -> None:
        self.assertEqual(
            [f'{method} {path}' for method, path, _, _ in routes.TABLE],
            list(OPERATIONS))


class Operations(base.TestCase):

    scenarios = [
        (f'{method} {path}', {'method': method, 'path': path})
        for method, path, _, _ in routes.TABLE]
    method: str
    path: str

    def setUp(self) -> None:
        super().setUp()
        whole = document.make()
        self.schemas = whole['components']['schemas']
        self.document = whole['paths'][self.path][self.method.lower()]
        self.request, self.response = OPERATIONS[
            f'{self.method} {self.path}'].split(RESPONSE)

    def test_codes(self) -> None:
        self.assertEqual(
            list(self.document['responses']), CODE.findall(self.request))

    def test_parameters(self) -> None:
        described = {
            (parameter['name'], parameter['in'])
            for parameter in self.document['parameters']
            if '$ref' not in parameter}
        body = self._content(self.document.get('requestBody', {}))
        described |= {(name, 'body') for name in body}
        self.assertEqual(described, _parameters(self.request))

    def test_response_fields(self) -> None:
        (answer,) = (
            answer for code, answer in self.document['responses'].items()
            if code.startswith('2'))
        self.assertEqual(
            {(name, 'body') for name in self._content(answer)},
            _parameters(self.response))

    def test_policy_rules(self) -> None:
        _, rules = self.document['description'].split('Policy rules: ')
        self.assertEqual(
            set(rules.rstrip('.').split(', ')),
            set(re.findall('``(os_compute_api:[^`]+)``', self.request)))

    def _content(self, message: Any) -> set[str]:
        """Return the names of a body's members, and of its images'."""
        if 'content' not in message:
            return set()
        reference = message['content'][base.JSON]['schema']['$ref']
        members = self.schemas[reference.rpartition('/')[2]]['properties']
        names = set(members)
        for name in names & set(IMAGES):
            image = members[name].get('items', members[name])
            names |= set(image['properties'])
        return names


def _parameters(text: str) -> set[tuple[str, str]]:
    return {(name, PARAMETERS[reference]['in'])
            for name, reference in PARAMETER.findall(text)}
