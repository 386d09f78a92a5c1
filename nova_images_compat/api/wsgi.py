# SPDX-License-Identifier: Apache-2.0

"""Requests, resources, controllers, faults, and the decorators that say what
a controller's method does.

The look is that of Nova's API: a method under its decorators is a complete
statement of the operation.
"""

from collections.abc import Callable
from collections.abc import Iterable
import functools
import re
from typing import Any

import microversion_parse
import orjson
from oslo_config import cfg
import webob
import webob.acceptparse
import webob.exc

from nova_images_compat.api import query_string
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat import log
from nova_images_compat import policy

LOG = log.getLogger(__name__)

JSON_TYPE = 'application/json'
JSON_TYPES = (JSON_TYPE, 'application/vnd.openstack.compute+json')
FAULT_CONTENT_TYPE = f'{JSON_TYPE}; charset=UTF-8'
PARAMETER = re.compile(r';\s*(?!q=)[^;,]*')
BODY_TYPES = (None, '', 'text/plain', *JSON_TYPES)
METHODS_WITH_BODY = ('POST', 'PUT')

ENV_CONTEXT = 'nova_images_compat.context'
ENV_IMAGE_ROOT = 'nova_images_compat.image_root'
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
        """Who asks."""
        return self.environ[ENV_CONTEXT]

    @property
    def microversion(self) -> microversion_parse.Version:
        """The compute API microversion that the request asks for."""
        return self.environ[ENV_MICROVERSION]

    @property
    def is_legacy_v2(self) -> bool:
        """Whether the request came by ``/v2``, which knows no microversions
        and is not strict about bodies.
        """
        return self.environ.get(ENV_LEGACY_V2, False)

    @property
    def project_in_url(self) -> str | None:
        """The project named by the request's URL, if it names one."""
        return self.environ[ENV_ROUTE][1].get('project_id')

    @functools.cached_property
    def parameters(self) -> dict[str, str]:
        """The query string; the last of several values counts.

        :raises: ValidationError: it is not UTF-8
        """
        return dict(self.query)

    @functools.cached_property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the query string.

        :raises: ValidationError: it is not UTF-8
        """
        try:
            return query_string.pairs(self.query_string)
        except UnicodeDecodeError as error:
            raise exception.ValidationError(
                reason='Query string is not UTF-8 encoded') from error

    def best_content_type(self) -> str:
        """Return the media type of the answer."""
        accept = self.environ.get('HTTP_ACCEPT')
        if accept in (None, '*/*', JSON_TYPE):
            return JSON_TYPE
        # A type that is named goes before one that "*/*" allows; of its
        # parameters, only the quality counts.
        offers = webob.acceptparse.create_accept_header(
            PARAMETER.sub('', accept)).acceptable_offers(
            sorted(JSON_TYPES, key=lambda offer: offer not in accept))
        return offers[0][0] if offers else JSON_TYPE

    def json_document(self) -> Any:
        """Return what the body says, or None where there is no body.

        :raises: UnsupportedContentType, MalformedRequestBody
        """
        if self.content_type not in BODY_TYPES:
            raise exception.UnsupportedContentType()
        if self.method not in METHODS_WITH_BODY:
            return None
        try:
            return orjson.loads(self.body) if self.body else None
        except (orjson.JSONDecodeError, OSError) as error:
            # OSError: the client has gone before its body was all there.
            raise exception.MalformedRequestBody() from error


class Fault(webob.exc.HTTPException):
    """An error in the shape that clients of the compute API expect.

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
    """What the controllers have at hand.

    :param conf: the service's configuration
    :param store: where the images live
    :param rules: the operator's policy
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        store: image_base.ImageStore,
        rules: policy.Policy,
    ) -> None:
        self.store = store
        self.policy = rules
        self.response_validation: str = conf.api.response_validation
        self._last_versions = {
            name: microversion_parse.parse_version_string(conf.api[name])
            for name in LAST_VERSIONS}

    def last_version(self, name: str) -> microversion_parse.Version:
        """Return the microversion that an option of ``[api]`` holds."""
        return self._last_versions[name]


class Resource:
    """The WSGI application of one controller's method.

    Reads the request, calls the method, and writes the answer.

    :param action: a controller's method
    """

    def __init__(self, action: Callable[..., Any]) -> None:
        self.action = action
        self.status: int = getattr(action, 'status', 200)

    def serves(self, version: microversion_parse.Version) -> bool:
        """Say whether the method is there in a microversion."""
        return self.action.serves(  # type: ignore
            self.action.__self__, version)  # type: ignore

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any],
    ) -> Iterable[bytes]:
        request = Request(environ)
        try:
            answer: Callable[..., Iterable[bytes]] = self._answer(request)
        except (exception.APIError, webob.exc.WSGIHTTPException) as error:
            LOG.debug('Answering %s: %s', error.code, error)
            answer = Fault(error)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> webob.Response:
        arguments = dict(request.environ.get(ENV_ROUTE, NO_ROUTE)[1])
        document = request.json_document()
        if request.method in METHODS_WITH_BODY:
            arguments['body'] = document
        project_id = arguments.pop('project_id', None)
        if project_id and project_id != request.context.project_id:
            raise exception.ProjectMismatch(
                url=project_id, context=request.context.project_id)
        return self._serialize(
            self.action(request, **arguments), request.best_content_type())

    def _serialize(self, document: Any, content_type: str) -> webob.Response:
        response = webob.Response(
            status=self.status,
            body=b'' if document is None else orjson.dumps(document))
        response.headers['Content-Type'] = content_type
        return response


def api_version(minimum: str, last: str) -> Callable[..., Any]:
    """Say from which microversion to which an operation is there.

    Outside of them it is 404, as if it had never been.

    :param minimum: the first microversion that has it, such as "2.1"
    :param last: the option of ``[api]`` that says which is the last
    """
    first = microversion_parse.parse_version_string(minimum)

    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        def serves(
            controller: Controller, version: microversion_parse.Version,
        ) -> bool:
            return version.matches(first, controller.last_version(last))

        @functools.wraps(method)
        def wrapper(
            self: Controller, req: Request, *args: Any, **kwargs: Any,
        ) -> Any:
            if not serves(self, req.microversion):
                raise exception.NotFound()
            return method(self, req, *args, **kwargs)

        wrapper.api_versions = (minimum, last)  # type: ignore
        wrapper.serves = serves  # type: ignore
        return wrapper

    return decorator


def expected_errors(codes: int | tuple[int, ...]) -> Callable[..., Any]:
    """Say with which HTTP statuses an operation may fail.

    Any other error of it is a mistake of ours: it passes as what it is not
    told of, an error 500 with a traceback in the log. What a schema or a
    policy rule refuses need not be listed.

    :param codes: HTTP statuses
    """
    expected = {codes} if isinstance(codes, int) else set(codes)

    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except (exception.ValidationError, exception.PolicyNotAuthorized):
                raise
            except exception.APIError as error:
                if error.code in expected:
                    raise
                raise UnexpectedError(
                    f'{method.__qualname__} may not answer {error.code}'
                ) from error

        wrapper.expected_errors = tuple(sorted(expected))  # type: ignore
        return wrapper

    return decorator


def response(status: int) -> Callable[..., Any]:
    """Say with which HTTP status an operation succeeds, when not 200.

    :param status: the HTTP status
    """
    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        method.status = status  # type: ignore
        return method

    return decorator


class UnexpectedError(Exception):
    """A method failed in a way that its decorators do not tell of."""
