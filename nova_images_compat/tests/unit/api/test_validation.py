# SPDX-License-Identifier: Apache-2.0

"""Tests of validating requests and responses."""

from typing import Any

import jsonschema

from nova_images_compat.api import operation
from nova_images_compat.api import routes
from nova_images_compat.api.schemas import parameter_types
from nova_images_compat.api import validation
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers

BODY = {
    'type': 'object',
    'properties': {'meta': parameter_types.METADATA},
    'required': ['meta'],
    'additionalProperties': False,
}
QUERY = {
    'type': 'object',
    'properties': {'limit': parameter_types.POSITIVE_INTEGER_PARAMETER},
    'additionalProperties': True,
}
ANSWER = {'type': 'object', 'properties': {'number': {'type': 'integer'}}}


class Controller(wsgi.Controller):

    @validation.schema(BODY)
    def write(self, req: wsgi.Request, body: Any) -> Any:
        return body

    @validation.query_schema(QUERY)
    def read(self, req: wsgi.Request) -> str:
        return 'read'

    @validation.response_body_schema(ANSWER)
    def answer(self, req: wsgi.Request, document: Any) -> Any:
        return document


class ValidationTestCase(helpers.TestCase):

    def resource(
        self, declared: operation.Operation, mode: str = 'ignore',
    ) -> wsgi.Resource:
        return wsgi.Resource(Controller(self.load_text(
            f'[api]\nresponse_validation = {mode}\n')), declared)


class BodyTest(ValidationTestCase):

    def _write(self, body: Any, legacy: bool = False) -> Any:
        request = helpers.blank('/', environ={
            wsgi.ENV_LEGACY_V2: legacy})
        return self.resource(Controller.write).run(request, body=body)

    def test_right_body_is_handed_on(self) -> None:
        meta: dict[str, str]
        for meta in ({}, {'a': ''}, {'a-_:. Z9': 'x' * 255}, {'a' * 255: ''}):
            with self.case(meta):
                self.assertEqual({'meta': meta}, self._write({'meta': meta}))

    def test_wrong_bodies(self) -> None:
        body: Any
        for body in (
                None, [], 'x', {}, {'meta': None}, {'meta': []},
                {'meta': {'a': 1}}, {'meta': {'a': None}},
                {'meta': {'': 'x'}}, {'meta': {'a' * 256: 'x'}},
                {'meta': {'a': 'x' * 256}}, {'meta': {'a\n': 'x'}},
                {'meta': {'ä': 'x'}}, {'meta': {'a/b': 'x'}},
                {'meta': {'a': 'x\0'}}, {'meta': {'a\0': 'x'}},
                {'meta': {}, 'more': 1}):
            with self.case(body):
                self.assertRaises(
                    exception.ValidationError, self._write, body)

    def test_message_names_the_attribute_and_the_value(self) -> None:
        error = self.assertRaises(
            exception.ValidationError, self._write, {'meta': {'key': 17}})
        self.assertIn('field/attribute key', error.message)
        self.assertIn('Value: 17', error.message)

    def test_v2_drops_what_it_does_not_know(self) -> None:
        self.assertEqual(
            {'meta': {'a': 'x'}},
            self._write({'meta': {'a': 'x'}, 'more': 1}, legacy=True))

    def test_v2_is_strict_about_what_it_knows(self) -> None:
        body: Any
        for body in ({'more': 1}, {'meta': {'a': 1}}, None, []):
            with self.case(body):
                self.assertRaises(
                    exception.ValidationError, self._write, body, legacy=True)

    def test_body_nested_too_deep_to_be_talked_of(self) -> None:
        deep: Any = {}
        for _ in range(100000):
            deep = {'a': deep}
        self.assertRaises(exception.BadRequest, self._write, {'meta': deep})


class QueryTest(ValidationTestCase):

    def _read(self, query: str) -> str:
        return self.resource(Controller.read).run(
            wsgi.Request.blank(f'/?{query}'))

    def test_numbers_are_text_in_a_query_string(self) -> None:
        for query in (
                '', 'limit=1', 'limit=007', 'limit=1&limit=2', 'other=x',
                'limit=' + '9' * 5000):
            with self.case(query[:20]):
                self.assertEqual('read', self._read(query))

    def test_wrong_numbers(self) -> None:
        for query in (
                'limit=0', 'limit=-1', 'limit=', 'limit=x', 'limit=1.0',
                'limit=1e3', 'limit=%2B1', 'limit=1&limit=0', 'limit=%D9%A1',
                'limit=%201', 'limit=1%0A', 'limit=%0A', 'limit=000',
                'limit=NaN', 'limit=inf'):
            with self.case(query):
                error = self.assertRaises(
                    exception.ValidationError, self._read, query)
                self.assertIn('query parameters limit', error.message)


class AnswerTest(ValidationTestCase):

    def _answer(self, mode: str, document: Any) -> Any:
        resource = self.resource(Controller.answer, mode)
        return resource.run(wsgi.Request.blank('/'), document=document)

    def test_right_answers_pass_in_every_mode(self) -> None:
        for mode in ('ignore', 'warn', 'error'):
            with self.case(mode):
                self.assertEqual(
                    {'number': 1}, self._answer(mode, {'number': 1}))

    def test_wrong_answer_is_an_error_only_where_that_is_wanted(self) -> None:
        wrong = {'number': 'one'}
        lines = self.log_lines(self.configure())
        self.assertEqual(wrong, self._answer('ignore', wrong))
        self.assertEqual([], lines)
        self.assertEqual(wrong, self._answer('warn', wrong))
        self.assertEqual(1, len(lines))
        self.assertIn('number', lines[0])
        error = self.assertRaises(
            exception.InvalidResponse, self._answer, 'error', wrong)
        self.assertNotIsInstance(error, exception.APIError)


class SchemasTest(helpers.TestCase):

    def test_they_are_schemas(self) -> None:
        versions = routes.Versions
        operations = [*(declared for *_, declared in routes.TABLE),
                      versions.index, versions.choices, versions.show]
        for declared in operations:
            for kind in ('body_schema', 'query_schema', 'response_schema'):
                with self.case(declared.name, kind):
                    jsonschema.Draft202012Validator.check_schema(
                        getattr(declared, kind) or {})
