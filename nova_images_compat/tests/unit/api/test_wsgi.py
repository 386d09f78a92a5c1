# SPDX-License-Identifier: Apache-2.0

"""Tests of requests, resources, faults, and the controllers' decorators."""

from collections.abc import Callable
import functools
import io
from typing import Any
from unittest import mock

import microversion_parse
import webob.exc

from nova_images_compat.api import operation
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


def request(path: str = '/', **kwargs: Any) -> wsgi.Request:
    environ = {
        wsgi.ENV_ROUTE: ((), {}),
        wsgi.ENV_CONTEXT: request_context.RequestContext(project_id='abc'),
        wsgi.ENV_MICROVERSION: microversion_parse.Version(2, 1),
        **kwargs.pop('environ', {})}
    return helpers.blank(path, environ, **kwargs)


class RequestTest(helpers.TestCase):

    def test_the_last_of_several_values_counts(self) -> None:
        self.assertEqual(
            {'a': '3', 'b': '2', 'ü': 'ö'},
            request('/?a=1&b=2&a=3&%C3%BC=%C3%B6').parameters)

    def test_query_string_is_read_in_linear_time(self) -> None:
        def read(count: int) -> None:
            query = '&'.join(f'a{number}=' for number in range(count))
            self.assertEqual(count, len(request(f'/?{query}').parameters))

        read(1)
        once, twice = (
            helpers.count_lines(lambda: read(count)) for count in (500, 1000))
        self.assertLess(twice, 2.5 * once)

    def test_query_string_must_be_utf_8(self) -> None:
        for query in ('a=%FF', '%FF=a'):
            with self.case(query):
                self.assertRaises(
                    exception.ValidationError,
                    lambda: request(f'/?{query}').parameters)

    def test_media_type_of_the_answer(self) -> None:
        compute = 'application/vnd.openstack.compute+json'
        for accept, expected in (
                (None, 'application/json'), ('*/*', 'application/json'),
                (compute, compute), (f'text/html, {compute}', compute),
                ('application/json;q=0.1, ' + compute, compute),
                (f'{compute};version=2.1', compute),
                (f'{compute}, */*', compute),
                (f'application/*;q=0.9, {compute}; q=0.9', compute),
                ('text/html', 'application/json'),
                ('not;;a=type,', 'application/json')):
            with self.case(accept):
                headers = {'Accept': accept} if accept else {}
                self.assertEqual(
                    expected, request(headers=headers).best_content_type())

    def test_body_is_read_of_posts_and_puts(self) -> None:
        for method, expected in (
                ('POST', {'a': 1}), ('PUT', {'a': 1}), ('GET', None),
                ('DELETE', None)):
            for media_type in (
                    'application/json', 'application/json; charset=UTF-8',
                    'application/vnd.openstack.compute+json', 'text/plain',
                    ''):
                with self.case(method, media_type):
                    self.assertEqual(expected, request(
                        method=method, body=b'{"a": 1}',
                        content_type=media_type).json_document())

    def test_no_body_is_no_document(self) -> None:
        self.assertIsNone(request(method='POST').json_document())

    def test_other_media_types_are_refused(self) -> None:
        for media_type in ('application/xml', 'text/html', 'nonsense'):
            with self.case(media_type):
                sent = request(
                    method='POST', body=b'{}', content_type=media_type)
                self.assertRaises(
                    exception.UnsupportedContentType, sent.json_document)

    def test_client_that_goes_before_its_body_is_there(self) -> None:
        body = mock.Mock(spec_set=io.BytesIO)
        body.read.side_effect = OSError
        request = helpers.blank('/', method='POST', environ={
            'wsgi.input': body, 'CONTENT_LENGTH': '100'})
        self.assertRaises(
            exception.MalformedRequestBody, request.json_document)

    def test_bad_json_is_refused(self) -> None:
        for body in (
                b'{', b' ', b'\xff', b'{"a": NaN}', b'"\\ud800"', b"{'a': 1}",
                b'{} {}', b'[' * 100000, b'{"a":' * 5000 + b'1' + b'}' * 5000):
            with self.case(body[:10]):
                self.assertRaises(
                    exception.MalformedRequestBody,
                    request(method='PUT', body=body).json_document)


class FaultTest(helpers.TestCase):

    def _answer(self, error: Any) -> webob.Response:
        return request().get_response(wsgi.Fault(error))

    def test_each_status_has_its_name(self) -> None:
        for kind, name in (
                (exception.BadRequest, 'badRequest'),
                (exception.Unauthorized, 'unauthorized'),
                (exception.Forbidden, 'forbidden'),
                (exception.NotFound, 'itemNotFound'),
                (exception.UnsupportedContentType, 'badMediaType'),
                (exception.APIError, 'computeFault')):
            with self.case(name):
                error = kind(reason='because')
                answer = self._answer(error)
                self.assertEqual(kind.code, answer.status_int)
                self.assertEqual('application/json', answer.content_type)
                self.assertEqual(
                    {name: {'code': kind.code, 'message': error.message}},
                    answer.json)

    def test_headers_of_the_error_are_kept(self) -> None:
        answer = self._answer(exception.ImageStoreUnavailable(3))
        self.assertEqual('3', answer.headers['Retry-After'])

    def test_webobs_errors_are_faults_too(self) -> None:
        answer = self._answer(webob.exc.HTTPRequestEntityTooLarge(
            explanation='Too much.', headers={'X-Other': 'kept'}))
        self.assertEqual('kept', answer.headers['X-Other'])
        self.assertEqual(
            {'overLimit': {'code': 413, 'message': 'Too much.'}}, answer.json)
        self.assertEqual(len(answer.body), answer.content_length)


class OperationTestCase(helpers.TestCase):

    def resource(
        self, method: operation.Method | operation.Operation,
        text: str = '',
    ) -> wsgi.Resource:
        """Return the resource of a method.

        :param text: the configuration of its controller
        """
        return wsgi.Resource(
            wsgi.Controller(self.load_text(text)),
            operation.declare()(method))


class DecoratorTest(OperationTestCase):

    def test_operation_is_there_from_its_first_to_its_last_version(
        self,
    ) -> None:
        @wsgi.api_version('2.3', 'images_max_version')
        def done(controller: Any, req: wsgi.Request) -> str:
            return 'done'

        resource = self.resource(
            done, '[api]\nimages_max_version = 2.40\n')
        for minor, there in (
                (1, False), (2, False), (3, True), (40, True), (41, False),
                (100, False)):
            version = microversion_parse.Version(2, minor)
            asked = request(environ={wsgi.ENV_MICROVERSION: version})
            with self.case(minor):
                if there:
                    self.assertEqual('done', resource.run(asked))
                else:
                    self.assertRaises(
                        exception.NotFound, resource.run, asked)

    def _failing(self, error: Exception, *codes: int) -> Callable[[], Any]:
        @wsgi.expected_errors(codes)
        def fail(controller: Any, req: wsgi.Request) -> None:
            raise error

        return functools.partial(self.resource(fail).run, request())

    def test_expected_errors_pass(self) -> None:
        for error in (
                exception.ImageNotFound(),
                exception.ValidationError(reason='schema'),
                exception.PolicyNotAuthorized(rule='rule')):
            with self.case(error):
                self.assertRaises(type(error), self._failing(error, 404))

    def test_other_errors_of_the_api_are_mistakes(self) -> None:
        error = self.assertRaises(
            exception.UnexpectedError,
            self._failing(exception.ImageNotAuthorized(image_id='x'), 404))
        self.assertIn('403', str(error))
        self.assertNotIsInstance(error, exception.APIError)

    def test_one_code_may_be_given_alone(self) -> None:
        @wsgi.expected_errors(404)
        def fail(controller: Any, req: wsgi.Request) -> None:
            raise exception.NotFound()

        self.assertRaises(
            exception.NotFound, self.resource(fail).run, request())


class ResourceTest(OperationTestCase):

    def _send(
        self, action: operation.Method | operation.Operation, **kwargs: Any,
    ) -> webob.Response:
        return request(**kwargs).get_response(self.resource(action))

    def test_action_gets_what_the_url_names_and_the_body(self) -> None:
        def action(
            controller: Any, req: wsgi.Request, **arguments: Any,
        ) -> Any:
            return arguments

        route = {wsgi.ENV_ROUTE: ((), {'project_id': 'abc', 'key': 'x'})}
        for method, expected in (
                ('GET', {'key': 'x'}),
                ('PUT', {'key': 'x', 'body': {'a': None}})):
            with self.case(method):
                answer = self._send(
                    action, method=method, body=b'{"a": null}', environ=route)
                self.assertEqual((200, expected),
                                 (answer.status_int, answer.json))

    def test_project_of_the_url_must_be_the_callers(self) -> None:
        called: list[Any] = []

        def action(controller: Any, req: wsgi.Request) -> None:
            called.append(req)

        for project in ('abd', 'ABC', 'ab'):
            with self.case(project):
                answer = self._send(action, environ={
                    wsgi.ENV_ROUTE: ((), {'project_id': project})})
                self.assertEqual(400, answer.status_int)
                self.assertIn(project, answer.json['badRequest']['message'])
        self.assertEqual([], called)

    def test_status_and_no_body(self) -> None:
        @wsgi.response(204)
        def action(controller: Any, req: wsgi.Request) -> None:
            return None

        answer = self._send(action)
        self.assertEqual((204, b''), (answer.status_int, answer.body))
        self.assertNotIn('Content-Length', answer.headers)

    def test_response_to_head_has_only_the_headers(self) -> None:
        @wsgi.response(300)
        def action(controller: Any, req: wsgi.Request) -> list[str]:
            return ['choice']

        get, head = (self._send(action, method=method)
                     for method in ('GET', 'HEAD'))
        self.assertEqual('300 Multiple Choices', head.status)
        self.assertEqual(get.headerlist, head.headerlist)
        self.assertEqual(len(get.body), head.content_length)
        self.assertEqual(b'', head.body)

    def test_errors_of_the_api_are_answered(self) -> None:
        def action(controller: Any, req: wsgi.Request) -> None:
            raise exception.ImageNotFound()

        self.assertEqual(
            {'itemNotFound': {'code': 404, 'message': 'Image not found.'}},
            self._send(action).json)

    def test_mistakes_pass(self) -> None:
        def action(controller: Any, req: wsgi.Request) -> None:
            raise RuntimeError('mistake')

        self.assertRaises(RuntimeError, self._send, action)
