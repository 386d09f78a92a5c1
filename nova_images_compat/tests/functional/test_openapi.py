# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI document: it is up to date, and the service conforms to it."""

from collections.abc import Iterable
import logging
import pathlib
from typing import Any

import fixtures as third_party_fixtures
import hypothesis
from hypothesis import strategies
import jsonschema
import openapi_spec_validator
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks
import testscenarios
import webob

from nova_images_compat.api.openapi import document
from nova_images_compat.api import routes
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

load_tests = testscenarios.load_tests_apply_scenarios

FILE = pathlib.Path(__file__).parents[3] / 'doc' / 'openapi.json'
PATH = '/openapi.json'

EXAMPLES = 60
KEY = 'key'

# The images in lists.
IMAGES: tuple[dict[str, Any], ...] = (
    {'name': 'upload', 'status': 'queued'},
    {'name': None, 'instance_uuid': KEY, 'auto_disk_config': 'True'},
)

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
]


class Document(base.TestCase):

    def test_is_valid(self) -> None:
        openapi_spec_validator.validate(document.make())

    def test_file_is_up_to_date(self) -> None:
        self.assertEqual(
            document.as_json(), FILE.read_bytes(),
            'generate it again: tox -e openapi')


class Conformance(base.TestCase):
    """Requests generated from the document, for each operation: valid and
    invalid ones.
    """

    scenarios = testscenarios.multiply_scenarios(
        [(f'{method} {path}', {'method': method, 'path': path})
         for method, path, _, _ in routes.TABLE],
        [(mode.value, {'mode': mode})
         for mode in schemathesis.GenerationMode])
    method: str
    path: str
    mode: schemathesis.GenerationMode

    def setUp(self) -> None:
        super().setUp()
        # Nobody can read the logs of so many requests.
        self.useFixture(third_party_fixtures.FakeLogger(
            level=logging.CRITICAL))
        self.service = self.make_service()
        for attributes in IMAGES:
            self.service.add_image(**attributes)
        self.document = document.make()
        self.codes: set[int] = set()

    def test_responses_conform(self) -> None:
        api = schemathesis.openapi.from_wsgi(
            PATH, self._serve, config=schemathesis.Config())
        operation = api[self.path][self.method]

        # To shrink a failing request may take minutes.
        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True,
            database=None, phases=(hypothesis.Phase.generate,),
            suppress_health_check=list(hypothesis.HealthCheck))
        @hypothesis.given(
            case=operation.as_strategy(self.mode),
            exists=strategies.booleans())
        def check(case: schemathesis.Case, exists: bool) -> None:
            self._check(case, exists)

        check()
        if self.mode is schemathesis.GenerationMode.POSITIVE:
            self.assertTrue(
                self.codes & {200, 204}, 'the operation was never reached')

    def _serve(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] == PATH:
            return webob.Response(
                document.as_json(), content_type=base.JSON)(
                    environ, start_response)
        return self.service.application(environ, start_response)

    def _check(self, case: schemathesis.Case, exists: bool) -> None:
        if exists:
            self._use_existing(case)
        # This path is another operation's.
        hypothesis.assume(
            str(case.path_parameters.get('image_id')).strip('/') != 'detail')
        response = case.call(
            headers={'X-Auth-Token': fixtures.TOKENS['member']})
        self.codes.add(response.status_code)
        case.validate_response(response, checks=CHECKS)
        self._validate_body(response)

    def _use_existing(self, case: schemathesis.Case) -> None:
        """Let a request name an image and a key that exist."""
        if 'image_id' in case.path_parameters:
            case.path_parameters['image_id'] = self.service.add_image(
                **{KEY: 'value'})
        if 'key' in case.path_parameters:
            case.path_parameters['key'] = _key_of(case.body)

    def _validate_body(self, response: schemathesis.Response) -> None:
        """Validate a body against its schema.

        schemathesis cannot: it converts prefixItems to what JSON Schema
        2020-12 does not support (its issues 3842 and 4099).
        """
        answers = self.document['paths'][self.path][
            self.method.lower()]['responses']
        code = str(response.status_code)
        components = self.document['components']
        answer = (components['responses'][code] if '$ref' in answers[code]
                  else answers[code])
        if 'content' not in answer:
            self.assertEqual(b'', response.content)
            return
        media_type, _, _ = response.headers['content-type'][0].partition(';')
        jsonschema.Draft202012Validator({
            **answer['content'][media_type]['schema'],
            'components': {'schemas': components['schemas']},
        }).validate(response.json())


def _key_of(body: Any) -> str:
    """Return the key in a body: the URL must name the same key."""
    if isinstance(body, dict) and isinstance(body.get('meta'), dict):
        return next(iter(body['meta']), KEY)
    return KEY
