# SPDX-License-Identifier: Apache-2.0

"""The clients of this API."""

from nova_images_compat.tests.tempest.services import images_client

ImagesClient = images_client.ImagesClient
LegacyImagesClient = images_client.LegacyImagesClient
