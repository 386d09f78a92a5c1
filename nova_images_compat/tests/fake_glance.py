# SPDX-License-Identifier: Apache-2.0

"""An Image service for tests: the part of API v2 that the store uses, at every
URL."""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import datetime
import html
import time
from typing import Any
from urllib import parse
import uuid

import fixtures
import orjson
import requests_mock
from requests_mock.contrib import fixture as requests_fixture

from nova_images_compat.image import base as image_base
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests import urllib3_mock

ROOT = 'http://image.example'
SCHEMA = '/v2/schemas/image'
IMAGES = '/v2/images'
MEDIA_TYPE = 'application/openstack-images-v2.1-json-patch'
PAGE = (
    '<html>\n <head>\n  <title>{0}</title>\n </head>\n <body>\n'
    '  <h1>{0}</h1>\n  {1}<br /><br />\n\n\n\n </body>\n</html>')

Image = dict[str, Any]


class HTTPError(Exception):

    def __init__(self, status: int, text: str = 'Not possible.') -> None:
        super().__init__(status)
        self.status = status
        self.body = PAGE.format(f'{status} Error', html.escape(text)).encode()


@dataclasses.dataclass
class Failure:
    """Another response to one of the next requests.

    :ivar status: the status of the response, with its body and headers; 200
        without a body: the usual response
    :ivar method: the method of the request; None: any
    :ivar error: the error that urllib3 raises instead of a response
    :ivar is_done: whether the request is carried out nevertheless
    :ivar before: called before anything else
    """

    status: int = 200
    body: bytes = b''
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    method: str | None = None
    error: Exception | None = None
    is_done: bool = False
    before: Callable[[], Any] | None = None


class FakeGlance(fixtures.Fixture):
    """The Image service.

    :param max_limit: the most images of a page

    :ivar images: the images as JSON, by their ids
    :ivar requests: the requests for images
    :ivar schemas: the requests for the schema
    :ivar failures: the failures of the next requests for images, one each
    :ivar properties: the properties of the schema
    :ivar delay: seconds that each request for images takes
    :ivar members: the projects that images are shared with, by the image's id
    :ivar view: what a caller may see of an image, by the policy of the Image
        service; None: nothing
    """

    def __init__(self, max_limit: int = 1000) -> None:
        self.max_limit = max_limit

    def _setUp(self) -> None:
        self.images: dict[str, Image] = {}
        self.requests: list[Any] = []
        self.schemas: list[Any] = []
        self.failures: list[Failure] = []
        self.members: dict[str, set[str]] = {}
        self.view: Callable[[Caller, Image], Image | None] = (
            lambda caller, image: image)
        self.properties: dict[str, Any] = {
            name: {} for name in image_base.IMAGE_ATTRIBUTES}
        self.delay = 0.0
        self.connect()
        self.mocker = self.useFixture(
            requests_fixture.Fixture(case_sensitive=True))
        self.mocker.register_uri(
            requests_mock.ANY, requests_mock.ANY, content=self._answer)

    def connect(self) -> None:
        """Let the requests of urllib3 get here."""
        self.useFixture(urllib3_mock.Urllib3Mock())

    @property
    def calls(self) -> list[str]:
        """The methods of the requests for images."""
        return [request.method for request in self.requests]

    def add(self, **attributes: Any) -> str:
        """Add an image, one second newer than the last one.

        :param attributes: the attributes and properties that differ from the
            defaults
        :returns: the image's id
        """
        created = own_fixtures.FIRST_TIME + datetime.timedelta(
            seconds=len(self.images))
        stamp = created.isoformat() + 'Z'
        image_id = str(uuid.uuid4())
        self.images[image_id] = {
            'id': image_id, 'name': None, 'status': 'active', 'size': None,
            'min_ram': 0, 'min_disk': 0, 'created_at': stamp,
            'updated_at': stamp, 'visibility': 'shared', 'protected': False,
            'owner': own_fixtures.PROJECT, 'tags': [], 'checksum': None,
            'schema': SCHEMA, 'self': f'{IMAGES}/{image_id}', **attributes}
        return image_id

    def metadata(self, image_id: str) -> Image:
        """Return an image's properties."""
        return {key: value for key, value in self.images[image_id].items()
                if key not in self.properties}

    def _answer(self, request: Any, context: Any) -> bytes:
        if request.path.endswith(SCHEMA):
            self.schemas.append(request)
            return orjson.dumps({'properties': self.properties})
        self.requests.append(request)
        time.sleep(self.delay)
        failure = self._failure(request.method)
        if failure:
            if failure.before:
                failure.before()
            if failure.is_done:
                self._carry_out(request, context)
            if failure.error:
                raise failure.error
            if failure.status != 200 or failure.body:
                context.status_code = failure.status
                context.headers.update(failure.headers)
                return failure.body
        return self._carry_out(request, context)

    def _failure(self, method: str) -> Failure | None:
        for failure in self.failures:
            if failure.method in (None, method):
                self.failures.remove(failure)
                return failure
        return None

    def _carry_out(self, request: Any, context: Any) -> bytes:
        caller = Caller(request.headers.get('X-Auth-Token', ''))
        path = request.path.partition(IMAGES)[2]
        try:
            if not path:
                return orjson.dumps(self._list(caller, request))
            image = self._image(caller, parse.unquote(path[1:]))
            if request.method == 'DELETE':
                self._delete(caller, image)
                context.status_code = 204
                return b''
            if request.method == 'PATCH':
                self._patch(caller, image, request)
            return orjson.dumps(self.view(caller, self.images[image['id']]))
        except HTTPError as error:
            context.status_code = error.status
            return error.body

    def _image(self, caller: 'Caller', image_id: str) -> Image:
        image = self.images.get(image_id)
        if image is None or self.view(caller, image) is None or not (
                caller.sees(image) or self._is_member(caller, image)):
            raise HTTPError(404)
        return image

    def _is_member(self, caller: 'Caller', image: Image) -> bool:
        return image['visibility'] == 'shared' and (
            caller.project in self.members.get(image['id'], ()))

    def _delete(self, caller: 'Caller', image: Image) -> None:
        if image['protected'] or not caller.may_write(image):
            raise HTTPError(403)
        del self.images[image['id']]

    def _patch(self, caller: 'Caller', image: Image, request: Any) -> None:
        if request.headers['Content-Type'] != MEDIA_TYPE:
            raise HTTPError(415)
        changed = dict(image)
        for operation in orjson.loads(request.body):
            key = operation['path'][1:].replace('~1', '/').replace('~0', '~')
            if not caller.may_write(image) or key.startswith('os_glance_'):
                raise HTTPError(403)
            if key in self.properties or operation['op'] not in (
                    'add', 'replace', 'remove'):
                raise HTTPError(400)
            if operation['op'] != 'add' and key not in changed:
                raise HTTPError(409)
            if operation['op'] == 'remove':
                del changed[key]
            else:
                changed[key] = operation['value']
        # Like Glance, save all properties: changes that others made since the
        # image was read are lost.
        self.images[image['id']] = changed

    def _list(self, caller: 'Caller', request: Any) -> dict[str, Any]:
        filters = dict(parse.parse_qsl(
            parse.urlsplit(request.url).query, keep_blank_values=True))
        limit = min(int(filters.pop('limit', 25)), self.max_limit)
        marker = filters.pop('marker', None)
        visible = sorted(
            (image for image in self.images.values()
             if caller.lists(image) or self._is_member(caller, image)),
            key=lambda image: (image['created_at'], image['id']),
            reverse=True)
        if marker is not None:
            after = self.images.get(marker)
            if after is None or not caller.sees(after):
                raise HTTPError(400, f'No image found with ID {marker}')
            place = (after['created_at'], after['id'])
            visible = [image for image in visible
                       if (image['created_at'], image['id']) < place]
        shown = [self.view(caller, image) for image in visible]
        found = [image for image in shown if image and all(
            _matches(image, key, value) for key, value in filters.items())]
        document: dict[str, Any] = {'images': found[:limit]}
        if limit and len(found) >= limit:
            query = parse.urlencode(
                {**filters, 'limit': limit, 'marker': found[limit - 1]['id']})
            document['next'] = f'{IMAGES}?{query}'
        return document


class Caller:
    """The user of a token, which is ``user:project:roles``, and may end with
    ``:scope:credential``.
    """

    def __init__(self, token: str) -> None:
        self.user, self.project, self.roles, self.scope, self.credential = (
            *token.split(':'), '', '', '', '', '')[:5]
        self.is_admin = self.user == 'admin'

    def sees(self, image: Image) -> bool:
        return self.lists(image) or image['visibility'] == 'community'

    def lists(self, image: Image) -> bool:
        return (self.is_admin or image['owner'] == self.project
                or image['visibility'] == 'public')

    def may_write(self, image: Image) -> bool:
        return self.is_admin or (
            image['owner'] == self.project and self.roles != 'reader')


def _matches(image: Image, key: str, value: str) -> bool:
    if key == 'updated_at':
        return image[key] >= value.removeprefix('gte:')
    if value.startswith('in:"'):
        return image[key] == value[4:-1]
    if value.startswith('in:'):
        return image[key] in value[3:].split(',')
    return key in image and str(image[key]) == value
