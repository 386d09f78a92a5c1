# SPDX-License-Identifier: Apache-2.0

"""Requests, resources, controllers, faults, and the decorators that declare
what a controller's method does.

As in Nova's API, a method under its decorators is a complete statement of the
operation; ``operation`` holds what they declare as data.
"""

from collections.abc import Callable
from collections.abc import Iterable
import functools
import http
import re
from typing import Any

import microversion_parse
import orjson
from oslo_config import cfg
import webob
import webob.acceptparse
import webob.exc

from nova_images_compat.api import operation
from nova_images_compat.api import query_string
from nova_images_compat.api import validation
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

JSON_TYPE = 'application/json'
JSON_TYPES = (JSON_TYPE, 'application/vnd.openstack.compute+json')
FAULT_CONTENT_TYPE = f'{JSON_TYPE}; charset=UTF-8'
PARAMETER = re.compile(r';\s*(?!q=)[^;,]*')
BODY_TYPES = (None, '', 'text/plain', *JSON_TYPES)
METHODS_WITH_BODY = ('POST', 'PUT')
NO_CONTENT = 204

ENV_CONTEXT = 'nova_images_compat.context'
ENV_LEGACY_V2 = 'openstack.legacy_v2'
ENV_MICROVERSION = 'compute.microversion'
ENV_OPERATION = 'nova_images_compat.operation'
ENV_REQUEST_ID = 'openstack.request_id'
ENV_ROUTE = 'wsgiorg.routing_args'

LAST_VERSIONS = ('images_max_version', 'metadata_max_version')

NO_ROUTE: tuple[tuple[()], dict[str, str]] = ((), {})

FAULT_NAMES = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'overLimit',
    415: 'badMediaType',
    429: 'overLimit',
    501: 'notImplemented',
    503: 'serviceUnavailable',
}
DEFAULT_FAULT_NAME = 'computeFault'


class Request(webob.Request):
    """A request to the compute API."""

    @property
    def context(self) -> request_context.RequestContext:
        """The caller."""
        return self.environ[ENV_CONTEXT]

    @property
    def microversion(self) -> microversion_parse.Version:
        """The compute API microversion that the request asks for."""
        return self.environ[ENV_MICROVERSION]

    @property
    def is_legacy_v2(self) -> bool:
        """Whether the request came in at ``/v2``, which has no microversions
        and drops unknown keys of bodies.
        """
        return self.environ.get(ENV_LEGACY_V2, False)

    @property
    def project_in_url(self) -> str | None:
        """The project named by the request's URL, if it names one."""
        return self.environ[ENV_ROUTE][1].get('project_id')

    @functools.cached_property
    def parameters(self) -> dict[str, str]:
        """The query string's parameters. The last value of a parameter
        counts.

        :raises: ValidationError: the query string is not UTF-8
        """
        return dict(self.query)

    @functools.cached_property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the query string, in its order.

        :raises: ValidationError: the query string is not UTF-8
        """
        try:
            return query_string.pairs(self.query_string)
        except UnicodeDecodeError as error:
            raise exception.ValidationError(
                reason='Query string is not UTF-8 encoded') from error

    def best_content_type(self) -> str:
        """Return the media type of the response, by the header Accept."""
        accept = self.environ.get('HTTP_ACCEPT')
        if accept in (None, '*/*', JSON_TYPE):
            return JSON_TYPE
        # A named type is preferred to one that matches "*/*". Of the
        # parameters of a type, only the quality counts.
        offers = webob.acceptparse.create_accept_header(
            PARAMETER.sub('', accept)).acceptable_offers(
            sorted(JSON_TYPES, key=lambda offer: offer not in accept))
        return offers[0][0] if offers else JSON_TYPE

    def json_document(self) -> Any:
        """Return the JSON document in the body; None if there is no body.

        :raises: UnsupportedContentType: the media type is not JSON
        :raises: MalformedRequestBody: the body is not JSON
        """
        if self.environ.get('CONTENT_TYPE') and (
                self.content_type not in BODY_TYPES):
            raise exception.UnsupportedContentType()
        if self.environ['REQUEST_METHOD'] not in METHODS_WITH_BODY:
            return None
        try:
            # WebOb reads the body anew each time.
            body = self.body
            return orjson.loads(body) if body else None
        except (orjson.JSONDecodeError, OSError) as error:
            # OSError: the client disconnected before it had sent the body.
            raise exception.MalformedRequestBody() from error


class Fault(webob.exc.HTTPException):
    """An error in the format of the compute API.

    :param error: the error, which is ours or one of WebOb's
    """

    def __init__(
        self, error: exception.APIError | webob.exc.WSGIHTTPException,
    ) -> None:
        message = (
            error.message if isinstance(error, exception.APIError)
            else error.explanation)
        name = FAULT_NAMES.get(error.code, DEFAULT_FAULT_NAME)
        response = webob.Response(status=error.code, body=orjson.dumps(
            {name: {'code': error.code, 'message': message}}))
        for header, value in error.headers.items():
            if header.lower() != 'content-length':
                response.headers[header] = value
        response.headers['Content-Type'] = FAULT_CONTENT_TYPE
        super().__init__(message, response)


class Controller:
    """What the controllers have in common.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.response_validation: str = conf.api.response_validation
        self._last_versions = {
            name: microversion_parse.parse_version_string(conf.api[name])
            for name in LAST_VERSIONS}

    def last_version(self, option: str) -> microversion_parse.Version:
        """Return the microversion that an option of ``[api]`` holds."""
        return self._last_versions[option]


class Resource:
    """The WSGI application of one operation.

    It reads the request, checks what the decorators of the controller's
    method declare, calls the method, and writes the response.

    :param controller: the controller
    :param declared: the operation, a decorated method of the controller
    """

    def __init__(
        self, controller: Controller, declared: operation.Operation,
    ) -> None:
        self.operation = declared
        self._status = (
            f'{declared.status} {http.HTTPStatus(declared.status).phrase}')
        self._controller = controller
        self._first_version = self._last_version = None
        if declared.versions is not None:
            self._first_version = microversion_parse.parse_version_string(
                declared.versions.first)
            self._last_version = controller.last_version(
                declared.versions.last_option)
        self._body = declared.body_schema and validation.BodyValidator(
            declared.body_schema)
        self._query = declared.query_schema and validation.QueryValidator(
            declared.query_schema)
        self._response: validation.ResponseValidator | None = None
        mode = controller.response_validation
        if declared.response_schema and mode != validation.IGNORE:
            self._response = validation.ResponseValidator(
                declared.response_schema, mode)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        request = Request(environ)
        try:
            body = self._answer(request)
            content_type = request.best_content_type()
        except (exception.APIError, webob.exc.WSGIHTTPException) as error:
            LOG.debug('Answering %s: %s', error.code, error)
            return Fault(error)(environ, start_response)
        headers = [('Content-Type', content_type)]
        if self.operation.status != NO_CONTENT:
            headers.insert(0, ('Content-Length', str(len(body))))
        start_response(self._status, headers)
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    def serves(self, version: microversion_parse.Version) -> bool:
        """Say whether a microversion has the operation."""
        return self._first_version is None or version.matches(
            self._first_version, self._last_version)

    def run(self, request: Request, **arguments: Any) -> Any:
        """Run the operation, and return the JSON document of its response.

        :param request: the request
        :param arguments: the arguments in its URL, and its body
        :raises: NotFound: the request's microversion does not have it
        :raises: ValidationError: the body or the query string does not match
            its schema
        :raises: APIError: what else the operation declares
        :raises: UnexpectedError: it failed with a status that it does not
            declare
        """
        if self._first_version is not None and (
                not self.serves(request.microversion)):
            raise exception.NotFound()
        try:
            return self._run(request, arguments)
        except (exception.ValidationError, exception.PolicyNotAuthorized):
            raise
        except exception.APIError as error:
            expected = self.operation.errors
            if expected is None or error.code in expected:
                raise
            raise exception.UnexpectedError(
                f'{self.operation.method.__qualname__} does not declare '
                f'error {error.code}') from error

    def _run(self, request: Request, arguments: dict[str, Any]) -> Any:
        if self._query and request.environ.get('QUERY_STRING') and (
                request.query):
            self._query.validate(request.query)
        if self._body:
            arguments['body'] = self._body.validate(
                arguments['body'], drop_unknown_keys=request.is_legacy_v2)
        document = self.operation.method(
            self._controller, request, **arguments)
        if self._response:
            self._response.validate(document)
        return document

    def _answer(self, request: Request) -> bytes:
        """Return the body of the response."""
        arguments = dict(request.environ.get(ENV_ROUTE, NO_ROUTE)[1])
        document = request.json_document()
        if request.environ['REQUEST_METHOD'] in METHODS_WITH_BODY:
            arguments['body'] = document
        project_id = arguments.pop('project_id', None)
        if project_id and project_id != request.context.project_id:
            raise exception.ProjectMismatch(
                url=project_id, context=request.context.project_id)
        document = self.run(request, **arguments)
        return b'' if document is None else orjson.dumps(document)


def api_version(first: str, last_option: str) -> operation.Decorator:
    """Declare which microversions have an operation.

    To all others it does not exist: 404.

    :param first: the first microversion that has it, such as "2.1"
    :param last_option: the option of ``[api]`` that holds the last one
    """
    return operation.declare(
        versions=operation.Versions(first, last_option))


def expected_errors(codes: int | tuple[int, ...]) -> operation.Decorator:
    """Declare the HTTP statuses that an operation may fail with.

    Any other error is a bug: it becomes a 500 and is logged with its
    traceback. Errors of schemas and policy rules need not be declared.

    :param codes: HTTP statuses
    """
    return operation.declare(
        errors=frozenset({codes} if isinstance(codes, int) else codes))


def response(status: int) -> operation.Decorator:
    """Declare the HTTP status of an operation's success, if it is not 200.

    :param status: the HTTP status
    """
    return operation.declare(status=status)
