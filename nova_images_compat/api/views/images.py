# SPDX-License-Identifier: Apache-2.0

"""Images in the JSON of the compute API."""

from collections.abc import Sequence
from typing import Any
from urllib import parse

from oslo_config import cfg
from oslo_utils import strutils

from nova_images_compat.api.schemas import images as schema
from nova_images_compat.api import urls
from nova_images_compat.api import wsgi
from nova_images_compat.image import base as image_base
from nova_images_compat.image import status

AUTO_DISK_CONFIG_KEY = 'auto_disk_config'


class ImageView:
    """Makes the JSON of images.

    :param conf: the service's configuration
    :param store: the image store
    """

    def __init__(
        self, conf: cfg.ConfigOpts, store: image_base.ImageStore,
    ) -> None:
        self.compute_prefix: str | None = conf.api.compute_link_prefix
        self.image_prefix: str | None = conf.api.glance_link_prefix
        # As in Nova, no page has a next link if max_limit is 0.
        self.has_next_pages = conf.api.max_limit > 0
        self.store = store

    def show(
        self, req: wsgi.Request, image: image_base.Image, with_size: bool,
    ) -> dict[str, Any]:
        """Return the JSON of one image.

        :param req: the request
        :param image: the image
        :param with_size: whether the caller may see the image's size
        """
        return {'image': self._details(self._roots(req), image, with_size)}

    def index(
        self, req: wsgi.Request, images: Sequence[image_base.Image],
        limit: int | None,
    ) -> dict[str, Any]:
        """Return the JSON of a page of a list.

        :param req: the request
        :param images: the page's images
        :param limit: the maximum number of images in the page
        """
        roots = self._roots(req)
        items = [self._basic(roots, image) for image in images]
        return self._page(req, roots.image_self, items, limit)

    def detail(
        self, req: wsgi.Request, images: Sequence[image_base.Image],
        limit: int | None, with_size: bool,
    ) -> dict[str, Any]:
        """Return the JSON of a page of a list with details.

        :param req: the request
        :param images: the page's images
        :param limit: the maximum number of images in the page
        :param with_size: whether the caller may see the images' sizes
        """
        roots = self._roots(req)
        items = [self._details(roots, image, with_size) for image in images]
        return self._page(req, roots.image_self + '/detail', items, limit)

    def _roots(self, req: wsgi.Request) -> '_Roots':
        version_root = urls.version_root(req)
        unversioned = urls.with_prefix(
            urls.without_version(version_root), self.compute_prefix)
        image_root = urls.image_root(
            self.store, req.context, self.image_prefix) or unversioned
        return _Roots(
            urls.with_prefix(version_root, self.compute_prefix),
            unversioned, image_root.rstrip('/'), req.project_in_url)

    def _basic(
        self, roots: '_Roots', image: image_base.Image,
    ) -> dict[str, Any]:
        return {
            'id': image.id,
            'name': image.name,
            'links': roots.image_links(image.id),
        }

    def _details(
        self, roots: '_Roots', image: image_base.Image, with_size: bool,
    ) -> dict[str, Any]:
        document = {
            'id': image.id,
            'name': image.name,
            'minRam': image.min_ram,
            'minDisk': image.min_disk,
            'metadata': image.metadata,
            'created': image.created_at,
            'updated': image.updated_at,
            'status': status.shown(image.status),
            'progress': status.progress(image.status),
            'links': roots.image_links(image.id),
        }
        if with_size:
            document['OS-EXT-IMG-SIZE:size'] = image.size
        server_id = image.metadata.get(image_base.SERVER_KEY)
        if server_id is not None:
            document['server'] = {
                'id': server_id, 'links': roots.server_links(server_id)}
        auto_disk_config = image.metadata.get(AUTO_DISK_CONFIG_KEY)
        if auto_disk_config is not None:
            document['OS-DCF:diskConfig'] = (
                'AUTO' if strutils.bool_from_string(auto_disk_config)
                else 'MANUAL')
        return document

    def _page(
        self, req: wsgi.Request, url: str, items: list[dict[str, Any]],
        limit: int | None,
    ) -> dict[str, Any]:
        page: dict[str, Any] = {'images': items}
        if self.has_next_pages and len(items) == limit:
            page['images_links'] = [{
                'rel': 'next',
                'href': _next_page(url, req.parameters, items[-1]['id']),
            }]
        return page


class _Roots:
    """The URLs that the links of one response start with."""

    def __init__(
        self, versioned: str, unversioned: str, image: str,
        project_id: str | None,
    ) -> None:
        project = f'/{project_id}' if project_id else ''
        self.image_self = f'{versioned}{project}/images'
        self.image_bookmark = f'{unversioned}{project}/images'
        self.image_alternate = f'{image}/images'
        self.server_self = f'{versioned}{project}/servers'
        self.server_bookmark = f'{unversioned}{project}/servers'

    def image_links(self, image_id: str) -> list[dict[str, Any]]:
        return [
            {'rel': 'self', 'href': f'{self.image_self}/{image_id}'},
            {'rel': 'bookmark', 'href': f'{self.image_bookmark}/{image_id}'},
            {'rel': 'alternate', 'type': 'application/vnd.openstack.image',
             'href': f'{self.image_alternate}/{image_id}'},
        ]

    def server_links(self, server_id: str) -> list[dict[str, Any]]:
        return [
            {'rel': 'self', 'href': f'{self.server_self}/{server_id}'},
            {'rel': 'bookmark', 'href': f'{self.server_bookmark}/{server_id}'},
        ]


def _next_page(url: str, parameters: dict[str, str], marker: str) -> str:
    kept = {
        name: parameters[name] for name in sorted(parameters)
        if name in schema.INDEX_QUERY['properties']
        or name.startswith('property-')}
    return f'{url}?{parse.urlencode({**kept, "marker": marker})}'
