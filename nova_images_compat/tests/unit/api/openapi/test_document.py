# SPDX-License-Identifier: Apache-2.0

"""Tests of the OpenAPI document."""

import json
from typing import Any

import jsonschema

from nova_images_compat.api.openapi import document
from nova_images_compat.api import routes
from nova_images_compat.api.schemas import image_metadata
from nova_images_compat.tests import base

JSON_TYPES = [
    'application/json', 'application/vnd.openstack.compute+json']
ITEM = '/images/{image_id}/metadata/{key}'


class DocumentTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.document = document.make()

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        return self.document['paths'][path][method]

    def _schema(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a body; both media types have the same."""
        self.assertEqual(JSON_TYPES, list(message['content']))
        references = [
            content['schema']['$ref']
            for content in message['content'].values()]
        self.assertEqual(1, len(set(references)))
        root, components, schemas, name = references[0].split('/')
        self.assertEqual(['#', 'components', 'schemas'],
                         [root, components, schemas])
        return self.document['components']['schemas'][name]

    def _query(self) -> dict[str, Any]:
        return {
            parameter['name']: parameter
            for parameter in self._operation('get', '/images')['parameters']
            if parameter.get('in') == 'query'}

    def _fault(self, code: str) -> Any:
        content = self.document['components']['responses'][code]['content']
        self.assertEqual(['application/json'], list(content))
        return jsonschema.Draft202012Validator(
            content['application/json']['schema'])

    def test_is_the_same_each_time(self) -> None:
        text = document.as_json()
        self.assertEqual(text, document.as_json())
        self.assertEqual(self.document, json.loads(text))
        self.assertTrue(text.endswith(b'}\n'))

    def test_every_operation_of_the_url_table_is_there(self) -> None:
        self.assertCountEqual(
            [(method.lower(), path) for method, path, _, _ in routes.TABLE],
            [(method, path)
             for path, methods in self.document['paths'].items()
             for method in methods])

    def test_what_the_decorators_say(self) -> None:
        operation = self._operation('put', ITEM)
        self.assertEqual('image-metadata:update', operation['operationId'])
        self.assertEqual(['image-metadata'], operation['tags'])
        self.assertEqual(
            'Create or update one metadata item', operation['summary'])
        self.assertTrue(operation['deprecated'])
        self.assertIn('2.1 to 2.38', operation['description'])
        self.assertIn(
            'os_compute_api:image-metadata:update.', operation['description'])
        self.assertEqual(
            image_metadata.UPDATE, self._schema(operation['requestBody']))
        self.assertEqual(
            image_metadata.UPDATE_RESPONSE,
            self._schema(operation['responses']['200']))
        self.assertEqual(
            ['200', '400', '401', '403', '404', '406', '409', '413', '415',
             '500', '502', '503'], list(operation['responses']))

    def test_images_are_gone_before_their_metadata(self) -> None:
        description = self._operation('get', '/images/detail')['description']
        self.assertIn('2.1 to 2.35', description)
        self.assertIn('os_compute_api:images:detail', description)
        self.assertIn('os_compute_api:image-size', description)

    def test_parameters_of_the_path(self) -> None:
        self.assertEqual(
            [('image_id', 'path', True), ('key', 'path', True)],
            [(parameter['name'], parameter['in'], parameter['required'])
             for parameter in self._operation('delete', ITEM)['parameters']
             if '$ref' not in parameter])

    def test_an_answer_without_a_body(self) -> None:
        responses = self._operation('delete', ITEM)['responses']
        self.assertNotIn('content', responses['204'])
        self.assertNotIn('200', responses)

    def test_numbers_in_the_query_string(self) -> None:
        self.assertEqual(
            {'type': 'integer', 'minimum': 1},
            self._query()['limit']['schema'])

    def test_parameters_whose_names_are_the_callers(self) -> None:
        parameter = self._query()['property-*']
        self.assertEqual(('form', True),
                         (parameter['style'], parameter['explode']))
        validator = jsonschema.Draft202012Validator(parameter['schema'])
        self.assertTrue(validator.is_valid({'property-a': 'b'}))
        self.assertFalse(validator.is_valid({'property-a': '\0'}))
        self.assertFalse(validator.is_valid({'limit': '1'}))

    def test_faults(self) -> None:
        for code, name in (
                (400, 'badRequest'), (404, 'itemNotFound'),
                (406, 'computeFault'), (413, 'overLimit')):
            with self.case(code):
                fault = self._fault(str(code))
                self.assertTrue(fault.is_valid(
                    {name: {'code': code, 'message': 'No.'}}))
                self.assertFalse(fault.is_valid(
                    {name: {'code': 500, 'message': 'No.'}}))
                self.assertFalse(fault.is_valid(
                    {'error': {'code': code, 'message': 'No.'}}))

    def test_a_token_is_refused_by_two(self) -> None:
        fault = self._fault('401')
        for document_of_one in (
                {'unauthorized': {'code': 401, 'message': 'No.'}},
                {'error': {'code': 401, 'title': 'Unauthorized',
                           'message': 'No.'}}):
            with self.case(document_of_one):
                self.assertTrue(fault.is_valid(document_of_one))
        self.assertFalse(fault.is_valid({'code': 401}))

    def test_who_is_not_there_says_when_to_come_again(self) -> None:
        for code, answer in self.document['components']['responses'].items():
            with self.case(code):
                self.assertEqual(
                    code == '503', 'Retry-After' in answer['headers'])
