# SPDX-License-Identifier: Apache-2.0

"""Version documents in the JSON of the compute API."""

from typing import Any
from urllib import parse

from oslo_config import cfg

from nova_images_compat.api import urls
from nova_images_compat.api import wsgi

DOCUMENTATION = 'http://docs.openstack.org/'
MIN_VERSION = '2.1'


class VersionsView:
    """Makes the JSON of the version documents.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.prefix: str | None = conf.api.compute_link_prefix
        self.legacy = _Version(
            'v2.0', 'DEPRECATED', '', '', '2025-07-04T12:00:00Z', 'v2', '2')
        self.current = _Version(
            'v2.1', 'CURRENT', conf.api.max_version, MIN_VERSION,
            '2013-07-23T11:33:21Z', 'v2.1', '2.1')

    def index(self, req: wsgi.Request) -> dict[str, Any]:
        """Return the JSON of the list of versions."""
        root = self._root(req)
        return {'versions': [
            {**version.summary, 'links': [version.link(root)]}
            for version in (self.legacy, self.current)]}

    def show(self, req: wsgi.Request) -> dict[str, Any]:
        """Return the JSON of the version whose root the request asks for."""
        version = self.legacy if req.is_legacy_v2 else self.current
        described_by = {
            'rel': 'describedby', 'type': 'text/html', 'href': DOCUMENTATION}
        return {'version': {
            **version.summary,
            'links': [version.link(self._root(req)), described_by],
            'media-types': version.media_types,
        }}

    def choices(self, req: wsgi.Request) -> dict[str, Any]:
        """Return the JSON of the versions that have the request's path."""
        root = self._root(req)
        path = parse.quote(
            req.environ['PATH_INFO'].encode('latin-1'), safe=urls.IN_PATH)
        return {'choices': [
            {'id': version.summary['id'],
             'status': version.summary['status'],
             'links': [version.link(root, path.strip('/'))],
             'media-types': version.media_types}
            for version in (self.legacy, self.current)]}

    def _root(self, req: wsgi.Request) -> str:
        return urls.with_prefix(urls.service_root(req), self.prefix)


class _Version:
    """One version of the API."""

    def __init__(
        self, version_id: str, status: str, version: str, min_version: str,
        updated: str, segment: str, media_type_version: str,
    ) -> None:
        self.summary = {
            'id': version_id, 'status': status, 'version': version,
            'min_version': min_version, 'updated': updated}
        self.segment = segment
        self.media_types = [{
            'base': 'application/json',
            'type': 'application/vnd.openstack.compute+json;'
                    f'version={media_type_version}',
        }]

    def link(self, root: str, path: str = '') -> dict[str, Any]:
        return {'rel': 'self', 'href': f'{root}/{self.segment}/{path}'}
