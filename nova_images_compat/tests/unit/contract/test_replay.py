# SPDX-License-Identifier: Apache-2.0

"""Tests of replaying the contract: it must find each difference."""

import json
from typing import Any

import webob

from nova_images_compat.tests import base
from nova_images_compat.tests.contract import replay

FAULT = {'itemNotFound': {'code': 404, 'message': 'Image not found.'}}


def answer(
    document: Any = None, status: int = 200, **headers: str,
) -> webob.Response:
    response = webob.Response(
        status=status, content_type='application/json', charset='UTF-8',
        body=b'' if document is None else json.dumps(document).encode())
    for name, value in headers.items():
        response.headers[name.replace('_', '-')] = value
    return response


class PlayTest(base.TestCase):

    def _play(
        self, response: webob.Response, names: Any = None, **expect: Any,
    ) -> list[str]:
        step = {'path': '/', 'expect': {'status': 200, **expect}}
        return replay.play(step, names or {}, lambda *a, **kw: response)

    def assert_finds(
        self, right: webob.Response, wrong: list[webob.Response],
        **expect: Any,
    ) -> None:
        """Fail unless each wrong response has one difference.

        :param right: a response without any
        :param expect: what the contract says of the response
        """
        self.assertEqual([], self._play(right, **expect))
        for response in wrong:
            with self.case(str(response)):
                self.assertEqual(1, len(self._play(response, **expect)))

    def test_status(self) -> None:
        self.assert_finds(
            answer(status=204), [answer(status=200), answer(status=404)],
            status=204)

    def test_body(self) -> None:
        self.assert_finds(
            answer({'b': [1, 'x', None], 'a': {}}), [
                answer({'a': {}}), answer({'a': {}, 'b': [1, 'x']}),
                answer({'a': {}, 'b': ['x', 1, None]}),
                answer({'a': {}, 'b': ['1', 'x', None]}),
                answer({'a': {}, 'b': [True, 'x', None]}),
                answer({'a': {}, 'b': [1.0, 'x', None]}),
                answer({'a': {}, 'b': [1, 'x', None], 'c': 1}),
                answer({'a': [], 'b': [1, 'x', None]}),
                answer({'a': None, 'b': [1, 'x', None]})],
            json={'a': {}, 'b': [1, 'x', None]})

    def test_time(self) -> None:
        self.assert_finds(
            answer({'created': '2026-01-31T12:00:00Z'}), [
                answer({'created': value}) for value in (
                    '2026-01-31T12:00:00', '2026-01-31 12:00:00Z',
                    '2026-01-31T12:00:00.0Z', '2026-01-31T12:00:00Z\n', '',
                    None, 1769860800)],
            json={'created': '{time}'})

    def test_media_type(self) -> None:
        self.assert_finds(
            answer({}), [answer({}, content_type='text/html'),
                         answer({}, content_type='application/jsonx')],
            headers={'content-type': 'application/json'})

    def test_header(self) -> None:
        self.assert_finds(
            answer(openstack_api_version='compute 2.1'), [
                answer(), answer(openstack_api_version='compute 2.10'),
                answer(openstack_api_version='Compute 2.1')],
            headers={'openstack-api-version': 'compute 2.1'})

    def test_vary_names_at_least(self) -> None:
        self.assert_finds(
            answer(vary='Origin, B,a'), [
                answer(), answer(vary='A'), answer(vary='AB')],
            headers={'vary': 'A, B'})

    def test_fault(self) -> None:
        self.assert_finds(
            answer(FAULT, 404), [
                answer({'badRequest': FAULT['itemNotFound']}, 404),
                answer({**FAULT, 'more': 1}, 404), answer({}, 404),
                answer({'itemNotFound': {'code': 404}}, 404),
                answer({'itemNotFound': {'code': 404, 'message': ''}}, 404),
                answer({'itemNotFound': {'code': 400, 'message': 'x'}}, 404),
                answer(FAULT, 400)],
            status=404, fault='itemNotFound')

    def test_message_of_a_fault(self) -> None:
        other = {'itemNotFound': {'code': 404, 'message': 'Not found.'}}
        self.assert_finds(
            answer(FAULT, 404), [answer(other, 404)], status=404,
            fault='itemNotFound', message='Image not found.')

    def test_ids(self) -> None:
        def page(*ids: str) -> webob.Response:
            return answer({'images': [{'id': value} for value in ids]})

        self.assert_finds(
            page('2', '1'), [page('1', '2'), page('2'), page(),
                             page('2', '1', '1')],
            ids=['{new}', '1'], names={'new': '2'})

    def test_every_difference_is_found(self) -> None:
        wrong = self._play(
            answer({'images': [{'id': '1'}]}), ids=[], json={},
            headers={'x-other': 'a'})
        self.assertEqual(3, len(wrong))


class RequestTest(base.TestCase):

    def _sent(self, **step: Any) -> dict[str, Any]:
        sent: dict[str, Any] = {}

        def request(path: str, **kwargs: Any) -> webob.Response:
            sent.update(kwargs, path=path)
            return answer()

        replay.play({'path': '/', 'expect': {'status': 200}, **step},
                    {'image': '7', 'project': 'p'}, request)
        return sent

    def test_defaults(self) -> None:
        self.assertEqual(
            {'path': '/', 'method': 'GET', 'user': 'member', 'headers': {},
             'json': None, 'body': None}, self._sent())

    def test_what_the_step_says(self) -> None:
        self.assertEqual(
            {'path': '/p/7/{other}', 'method': 'PUT', 'user': None,
             'headers': {'A': 'b'}, 'json': {'7': ['p']}, 'body': '{'},
            self._sent(**{
                'path': '/{project}/{image}/{other}', 'method': 'PUT',
                'as': None, 'headers': {'A': 'b'},
                'body': {'{image}': ['{project}']}, 'raw': '{'}))


class ScenariosTest(base.TestCase):

    def test_the_contract_is_complete(self) -> None:
        scenarios = replay.scenarios()
        self.assertEqual(24, len(scenarios))
        self.assertEqual(
            329, sum(len(scenario['steps']) for scenario in scenarios))
