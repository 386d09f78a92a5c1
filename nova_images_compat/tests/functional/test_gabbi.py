# SPDX-License-Identifier: Apache-2.0

"""The requests and responses in the files in ``gabbits``."""

from collections.abc import Iterable
import contextlib
import os
import sys
from typing import Any
import unittest
from unittest import mock

from gabbi import driver
from gabbi import fixture
from oslotest import log
from oslotest import output

from nova_images_compat.api.pipeline import paste
from nova_images_compat.image.catalog import statements
from nova_images_compat.tests import fixtures

GABBITS = os.path.join(os.path.dirname(__file__), 'gabbits')

SERVER = '11111111-2222-3333-4444-555555555555'

# The images, by their names in requests; each one second newer than the last.
IMAGES: dict[str, dict[str, Any]] = {
    'DISTRIBUTION': {
        'name': 'distribution', 'owner': fixtures.ADMIN_PROJECT,
        'visibility': 'public', 'size': 2_000_000, 'os_distro': 'debian'},
    'SNAPSHOT': {
        'name': 'snapshot', 'size': 5_000_000, 'min_ram': 512,
        'min_disk': 20, 'image_type': 'snapshot', 'instance_uuid': SERVER,
        'auto_disk_config': 'True'},
    'UPLOAD': {'name': 'upload', 'status': 'queued'},
    'PROTECTED': {'name': 'protected', 'protected': True},
    'OFFERED': {
        'name': 'offered', 'owner': fixtures.OTHER_PROJECT,
        'visibility': 'shared'},
    'ACCEPTED': {
        'name': 'accepted', 'owner': fixtures.OTHER_PROJECT,
        'visibility': 'shared'},
    'COMMUNITY': {
        'name': 'community', 'owner': fixtures.OTHER_PROJECT,
        'visibility': 'community'},
    'SECRET': {
        'name': 'secret', 'owner': fixtures.OTHER_PROJECT,
        'visibility': 'private'},
}

# Our project's status as a member of the images that others share with it.
MEMBERS = {'OFFERED': 'pending', 'ACCEPTED': 'accepted'}


class Images(fixture.GabbiFixture):
    """A service with the images above.

    The environment has the images' ids, under the names above; the users'
    tokens, such as MEMBER_TOKEN; and the ids PROJECT, OTHER_PROJECT, SERVER.
    """

    options: dict[str, dict[str, Any]] = {}

    def start_fixture(self) -> None:
        self.resources = contextlib.ExitStack()
        self.resources.enter_context(log.ConfigureLogging())
        service = self.resources.enter_context(
            fixtures.Service(options=self.options))
        ids = {name: service.add_image(**attributes)
               for name, attributes in IMAGES.items()}
        with service.database.writer() as connection:
            for name, status in MEMBERS.items():
                statements.share(
                    connection, ids[name], fixtures.PROJECT, status)
        tokens = {f'{user.upper()}_TOKEN': token
                  for user, token in fixtures.TOKENS.items()}
        self.resources.enter_context(mock.patch.dict(os.environ, {
            **ids, **tokens, 'PROJECT': fixtures.PROJECT,
            'OTHER_PROJECT': fixtures.OTHER_PROJECT, 'SERVER': SERVER}))
        self.resources.enter_context(mock.patch.object(
            _Application, 'served', service.application))

    def stop_fixture(self) -> None:
        self.resources.close()


class SmallLimits(Images):
    """The same service with low limits."""

    options = {'api': {'max_limit': 3}, 'quota': {'metadata_items': 3}}


class _Application:
    """Passes requests to the service of the current file: gabbi asks for the
    application before a fixture has made the service.
    """

    served: paste.WSGIApplication | None = None

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        served = type(self).served
        if served is None:
            raise RuntimeError('the file names no fixture')
        return served(environ, start_response)


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite,
    pattern: str | None,
) -> unittest.TestSuite:
    """Make a test of each request in ``gabbits``."""
    return driver.build_tests(
        GABBITS, loader, intercept=_Application, test_loader_name=__name__,
        fixture_module=sys.modules[__name__],
        inner_fixtures=[output.CaptureOutput, log.ConfigureLogging],
        safe_yaml=True)
