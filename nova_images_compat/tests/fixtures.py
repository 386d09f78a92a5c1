# SPDX-License-Identifier: Apache-2.0

"""Fixtures: a configuration, and a service with a catalogue."""

import collections
from collections.abc import Mapping
import datetime
from importlib import metadata
import os
from typing import Any
import uuid

import fixtures
import webob

from nova_images_compat.api import app
from nova_images_compat.conf import reader
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.image.catalog import records
from nova_images_compat.image.catalog import statements
from nova_images_compat.tests import exchange

PROJECT = uuid.UUID(int=1).hex
OTHER_PROJECT = uuid.UUID(int=2).hex
ADMIN_PROJECT = uuid.UUID(int=3).hex

TOKENS = {
    'member': f'member:{PROJECT}:member,reader',
    'reader': f'reader:{PROJECT}:reader',
    'other': f'other:{OTHER_PROJECT}:member,reader',
    'admin': f'admin:{ADMIN_PROJECT}',
    'bad': 'nobody-issued-this',
}

# How many requests a service remembers for the report of a failing test.
KEPT = 3

FIRST_TIME = datetime.datetime(2026, 1, 31, 12)

DEFAULTS = {
    'api': {
        'auth_strategy': 'noauth2',
        'image_store': 'catalog',
        'response_validation': 'error',
    },
}


class Configuration(fixtures.Fixture):
    """A configuration file, and the configuration that it contains.

    :param options: values by group and name, in addition to ``DEFAULTS``
    """

    def __init__(self, options: Mapping[str, Mapping[str, Any]]) -> None:
        self.options = options

    def _setUp(self) -> None:
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(self.directory, 'service.conf')
        groups = {
            name: {**DEFAULTS.get(name, {}), **self.options.get(name, {})}
            for name in {**DEFAULTS, **self.options}}
        groups.setdefault('DEFAULT', {}).setdefault(
            'state_path', self.directory)
        with open(self.path, 'w') as file:
            for group, values in groups.items():
                file.write(f'[{group}]\n')
                for name, value in values.items():
                    file.write(f'{name} = {value}\n')
        self.conf = reader.load(['--config-file', self.path], environ={})


class Installed(fixtures.Fixture):
    """Fakes the versions of installed packages.

    :param versions: by name; None means that it is not installed
    """

    def __init__(self, versions: Mapping[str, str | None]) -> None:
        self.versions = versions
        self._version = metadata.version

    def _setUp(self) -> None:
        self.useFixture(fixtures.MonkeyPatch(
            'importlib.metadata.version', self._find))

    def _find(self, name: str) -> str:
        version = self.versions.get(name, '')
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version or self._version(name)


class Images:
    """Adds images to a catalogue, each one second newer than the last one."""

    def __init__(self, database: db_engine.Database) -> None:
        self._database = database
        self._count = 0

    def add(self, **attributes: Any) -> str:
        """Add an image.

        :param attributes: named as in the Image service API v2; the default
            of the owner is the project of "member"
        :returns: its id
        """
        self._count += 1
        created = FIRST_TIME + datetime.timedelta(seconds=self._count)
        record = records.record('image', {
            'owner': PROJECT, 'created_at': created.isoformat() + 'Z',
            **attributes})
        with self._database.writer() as connection:
            statements.add(connection, [record])
        return record.id


class Service(fixtures.Fixture):
    """The service with its whole pipeline, and a catalogue.

    :param database: the URL of an empty database; None means a SQLite file
    :param options: the configuration, by group and name
    :ivar exchanges: the last requests and their responses
    """

    def __init__(
        self, database: str | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.options = {**(options or {})}
        if database:
            self.options['database'] = {
                'connection': database.replace('$', '$$'),
                **self.options.get('database', {})}

    def _setUp(self) -> None:
        self.configuration = self.useFixture(Configuration(self.options))
        self.conf = self.configuration.conf
        migration.sync(self.conf)
        self.application = app.load(self.conf)
        self.database = db_engine.Database(self.conf)
        self.exchanges: collections.deque[exchange.Exchange] = (
            collections.deque(maxlen=KEPT))
        self.add_image = Images(self.database).add

    def request(
        self, path: str, method: str = 'GET', user: str | None = 'member',
        token: str | None = None, headers: Mapping[str, str] | None = None,
        json: Any = None, body: bytes | str | None = None,
    ) -> webob.Response:
        """Send a request through the whole pipeline.

        :param user: the user of ``TOKENS`` whose token to send; None means no
            token
        :param token: a token to send instead
        :param json: the body, to encode as JSON
        :param body: the body as it is
        """
        request = webob.Request.blank(path, method=method)
        token = token or (TOKENS[user] if user else None)
        if token:
            request.headers['X-Auth-Token'] = token
        if json is not None:
            request.json_body = json
        if body is not None:
            request.body = body.encode() if isinstance(body, str) else body
        sent = request.body
        if sent:
            request.content_type = 'application/json'
        for name, value in (headers or {}).items():
            request.headers[name] = value
        return self.send(request, sent)

    def send(self, request: webob.Request, body: bytes) -> webob.Response:
        """Send a request through the whole pipeline.

        :param body: of the request, whose own may be read only once
        """
        environ = dict(request.environ)
        response = request.get_response(self.application)
        self.exchanges.append(exchange.Exchange(environ, body, response))
        return response
