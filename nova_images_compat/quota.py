# SPDX-License-Identifier: Apache-2.0

"""The limit on an image's metadata."""

from oslo_config import cfg

from nova_images_compat.conf import quota as quota_conf
from nova_images_compat import exception

UNLIMITED = -1


class MetadataQuota:
    """The number of metadata items that an image may have.

    As in Nova, it is ``[quota] metadata_items`` with the DbQuotaDriver, and
    not limited with the other drivers.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        has_limit = conf.quota.driver == quota_conf.DATABASE
        self.limit: int = (
            conf.quota.metadata_items if has_limit else UNLIMITED)

    def check(self, count: int) -> None:
        """Check that a write leaves an image within the limit.

        :param count: the number of items that the image would have
        :raises: MetadataLimitExceeded: there would be too many
        """
        if self.limit != UNLIMITED and count > self.limit:
            raise exception.MetadataLimitExceeded()
