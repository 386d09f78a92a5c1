# SPDX-License-Identifier: Apache-2.0

"""The base class of the tests, and the operations of the API."""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import io
import sys
from typing import Any
import uuid

from tempest.common import waiters
from tempest import config
from tempest.lib.common.utils import data_utils
from tempest.lib.common.utils import test_utils
from tempest import test

from nova_images_compat.tests.tempest.services import images_client

CONF = config.CONF

DATA = b'nova-images-compat'
SIZE = 'OS-EXT-IMG-SIZE:size'

# A property of all images of a class, by which its tests find them in lists.
BATCH = 'batch'


class ImagesCompatTest(test.BaseTestCase):
    """Tests with a user of one project.

    :cvar client: of the API under test
    :cvar glance: the user's client of the Image service
    :cvar batch: the value of ``BATCH``, unique to the class
    """

    credentials = ['primary']

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        for service in ('images_compat', 'glance'):
            if not CONF.service_available[service]:
                raise cls.skipException(f'{service} is not available')

    @classmethod
    def setup_credentials(cls) -> None:
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.client = cls.os_primary.images_compat.ImagesClient()
        cls.glance = cls.os_primary.image_client_v2

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        cls.batch = uuid.uuid4().hex

    @classmethod
    def create_shared_image(cls, **attributes: Any) -> str:
        """Create an image for the tests of the class, and return its id."""
        return cls._create(cls.addClassResourceCleanup, **attributes)

    @contextlib.contextmanager
    def case(self, *name: object) -> Iterator[None]:
        """Name one of several cases of a test.

        If the case fails, the test goes on and fails at its end, and its
        report has the name of each failed case with its traceback.

        :param name: what distinguishes the case, such as what is sent
        """
        try:
            yield
        except self.skipException:
            raise
        except Exception:
            self.force_failure = True
            self.onException(sys.exc_info(), tb_label=(
                f'Failed case: {", ".join(f"{part!r:.200}" for part in name)}'
            ))

    def create_image(self, **attributes: Any) -> str:
        """Create an image for one test, and return its id."""
        return self._create(self.addCleanup, **attributes)

    @classmethod
    def _create(
        cls, add_cleanup: Any, glance: Any = None, data: bytes | None = DATA,
        **attributes: Any,
    ) -> str:
        """Create an image.

        :param add_cleanup: registers the deletion of the image
        :param glance: another user's client of the Image service
        :param data: of the image; None: no data
        :param attributes: attributes under the names of the Image service, and
            properties
        """
        glance = glance or cls.glance
        image_id = glance.create_image(**{
            'name': data_utils.rand_name(
                'images-compat', prefix=CONF.resource_name_prefix),
            'container_format': CONF.image.container_formats[0],
            'disk_format': 'raw', 'visibility': 'private',
            BATCH: cls.batch, **attributes})['id']
        add_cleanup(
            test_utils.call_and_ignore_notfound_exc,
            glance.delete_image, image_id)
        if data is not None:
            glance.store_image_file(image_id, io.BytesIO(data))
            waiters.wait_for_image_status(glance, image_id, 'active')
        return image_id

    def list_ids(
        self, detail: bool = False, client: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Return the ids of the images of the class in a list."""
        client = client or self.client
        list_images = (
            client.list_images_with_details if detail
            else client.list_images)
        return [image['id'] for image in list_images({
            f'property-{BATCH}': self.batch, **(params or {})})['images']]

    def metadata(self, image_id: str) -> dict[str, str]:
        """Return an image's metadata without ``BATCH``."""
        metadata = self.client.list_metadata(image_id)['metadata']
        metadata.pop(BATCH, None)
        return metadata

    def assertFault(
        self, answer: images_client.Answer, status: int, name: str,
    ) -> str:
        """Fail unless an answer is a fault, and return its message."""
        self.assertEqual(status, answer.status, answer.body)
        self.assertEqual([name], list(answer.body or ()))
        self.assertEqual({'code', 'message'}, set(answer.body[name]))
        self.assertEqual(status, answer.body[name]['code'])
        self.assertTrue(answer.body[name]['message'])
        return answer.body[name]['message']

    def assertNotFound(self, answer: images_client.Answer) -> None:
        self.assertFault(answer, 404, 'itemNotFound')

    def assertBadRequest(self, answer: images_client.Answer) -> str:
        return self.assertFault(answer, 400, 'badRequest')

    def assertForbidden(self, answer: images_client.Answer) -> None:
        self.assertFault(answer, 403, 'forbidden')


def metadata_operations(
    image_id: str, key: str = 'new',
) -> list[tuple[str, str, Any]]:
    """Return the method, path and body of each operation on metadata, in an
    order in which all of them succeed.

    :param key: of the item that the third operation creates, and the last
        one deletes
    """
    root = f'images/{image_id}/metadata'
    return [
        ('GET', root, None),
        ('POST', root, {'metadata': {'one': '1'}}),
        ('PUT', root, {'metadata': {key: '2'}}),
        ('GET', f'{root}/{key}', None),
        ('PUT', f'{root}/{key}', {'meta': {key: '3'}}),
        ('DELETE', f'{root}/{key}', None),
    ]


def image_operations(image_id: str) -> list[tuple[str, str, Any]]:
    """Return the method, path and body of each operation on images."""
    return [
        ('GET', 'images', None),
        ('GET', 'images/detail', None),
        ('GET', f'images/{image_id}', None),
        ('DELETE', f'images/{image_id}', None),
    ]
