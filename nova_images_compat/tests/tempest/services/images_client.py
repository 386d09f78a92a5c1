# SPDX-License-Identifier: Apache-2.0

"""A client of the images API of Compute."""

from collections.abc import Mapping
import dataclasses
from typing import Any
from urllib import parse

from oslo_serialization import jsonutils
from tempest.lib.common import rest_client

from nova_images_compat.tests.tempest.services import schemas

Json = Any

MICROVERSION_HEADER = 'OpenStack-API-Version'
NOVA_MICROVERSION_HEADER = 'X-OpenStack-Nova-API-Version'


@dataclasses.dataclass
class Answer:
    """A response with any status.

    :ivar headers: by name, in lower case
    :ivar body: the JSON document; None: the response has no JSON
    """

    status: int
    headers: Mapping[str, str]
    body: Json


class ImagesClient(rest_client.RestClient):
    """Images and their metadata, at /v2.1."""

    def list_images(
        self, params: Mapping[str, Any] | None = None,
    ) -> rest_client.ResponseBody:
        """GET /images"""
        return self._run(
            'GET', _with_query('images', params), schemas.LIST)

    def list_images_with_details(
        self, params: Mapping[str, Any] | None = None,
    ) -> rest_client.ResponseBody:
        """GET /images/detail"""
        return self._run(
            'GET', _with_query('images/detail', params),
            schemas.DETAILED_LIST)

    def show_image(self, image_id: str) -> rest_client.ResponseBody:
        """GET /images/{image_id}"""
        return self._run('GET', f'images/{image_id}', schemas.SHOW)

    def delete_image(self, image_id: str) -> rest_client.ResponseBody:
        """DELETE /images/{image_id}"""
        return self._run('DELETE', f'images/{image_id}', schemas.NOTHING)

    def list_metadata(self, image_id: str) -> rest_client.ResponseBody:
        """GET /images/{image_id}/metadata"""
        return self._run(
            'GET', f'images/{image_id}/metadata', schemas.METADATA)

    def create_metadata(
        self, image_id: str, metadata: Mapping[str, str],
    ) -> rest_client.ResponseBody:
        """POST /images/{image_id}/metadata"""
        return self._run(
            'POST', f'images/{image_id}/metadata', schemas.METADATA,
            {'metadata': metadata})

    def replace_metadata(
        self, image_id: str, metadata: Mapping[str, str],
    ) -> rest_client.ResponseBody:
        """PUT /images/{image_id}/metadata"""
        return self._run(
            'PUT', f'images/{image_id}/metadata', schemas.METADATA,
            {'metadata': metadata})

    def show_item(
        self, image_id: str, key: str,
    ) -> rest_client.ResponseBody:
        """GET /images/{image_id}/metadata/{key}"""
        return self._run('GET', _item(image_id, key), schemas.ITEM)

    def set_item(
        self, image_id: str, key: str, value: str,
    ) -> rest_client.ResponseBody:
        """PUT /images/{image_id}/metadata/{key}"""
        return self._run(
            'PUT', _item(image_id, key), schemas.ITEM,
            {'meta': {key: value}})

    def delete_item(
        self, image_id: str, key: str,
    ) -> rest_client.ResponseBody:
        """DELETE /images/{image_id}/metadata/{key}"""
        return self._run('DELETE', _item(image_id, key), schemas.NOTHING)

    def send(
        self, method: str, path: str, body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, and return the response with any status.

        :param path: relative to the endpoint
        :param body: the JSON document; None: no body
        :param headers: in addition to those of all requests
        """
        url, sent, content = self.auth_provider.auth_request(
            method, path, {**self.get_headers(), **(headers or {})},
            None if body is None else jsonutils.dumps(body), self.filters)
        return self._exchange(method, url, sent, content)

    def send_to(
        self, url: str, method: str = 'GET', token: str | None = None,
    ) -> Answer:
        """Send a request to any URL, and return the response.

        :param token: None: the client's own; empty: no token
        """
        headers = self.get_headers()
        if token is None:
            token = self.token
        if token:
            headers['X-Auth-Token'] = token
        return self._exchange(method, url, headers, None)

    def url(self, path: str, project_id: str | None = None) -> str:
        """Return the URL of a path relative to the endpoint.

        :param project_id: the project in the URL; None: no project
        """
        root = self.base_url.rstrip('/').removesuffix(f'/{self.project_id}')
        return '/'.join(filter(None, (root, project_id, path)))

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str],
        content: str | None,
    ) -> Answer:
        response, text = self.raw_request(
            url, method, headers=headers, body=content)
        is_json = response.get(
            'content-type', '').startswith('application/json')
        return Answer(
            response.status, response,
            jsonutils.loads(text) if text and is_json else None)

    def _run(
        self, method: str, path: str, schema: Mapping[str, Any],
        body: Json = None,
    ) -> rest_client.ResponseBody:
        response, text = self.request(
            method, path,
            body=None if body is None else jsonutils.dumps(body))
        document = jsonutils.loads(text) if text else None
        self.validate_response(schema, response, document)
        return rest_client.ResponseBody(response, document)


class LegacyImagesClient(ImagesClient):
    """Images and their metadata, at /v2."""

    api_version = 'v2'


def _with_query(path: str, params: Mapping[str, Any] | None) -> str:
    return f'{path}?{parse.urlencode(params)}' if params else path


def _item(image_id: str, key: str) -> str:
    return f'images/{image_id}/metadata/{parse.quote(key, safe="")}'
