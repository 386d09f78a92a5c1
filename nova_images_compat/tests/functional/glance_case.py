# SPDX-License-Identifier: Apache-2.0

"""The base class of the tests with the Image service."""

from typing import Any

import fixtures as third_party_fixtures

from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

HTML = fake_glance.HTTPError(400, 'Property "key" is <no> good').body


class TestCase(base.TestCase):
    """A test of the whole pipeline in front of a fake Image service."""

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        # Do not wait before a write is retried.
        self.useFixture(third_party_fixtures.MockPatchObject(
            store, 'WRITE_DELAYS', (0,) * len(store.WRITE_DELAYS)))

    def serve(
        self, options: base.Options | None = None, **glance: Any,
    ) -> fixtures.Service:
        """Make a service whose images are in the Image service.

        :param glance: options of ``[glance]``
        """
        options = {**(options or {})}
        return self.make_service({
            **options,
            'api': {'image_store': 'glance', **options.get('api', {})},
            'glance': {'endpoint_override': fake_glance.ROOT,
                       'num_retries': 0, **glance}})

    def warm(self, service: fixtures.Service) -> fixtures.Service:
        """Let the service fetch the schema, then forget all requests."""
        service.request('/v2.1/images')
        self.glance.requests.clear()
        self.glance.schemas.clear()
        return service
