# SPDX-License-Identifier: Apache-2.0

"""The limit on an image's metadata."""

from oslo_config import cfg

from nova_images_compat.conf import quota as quota_conf
from nova_images_compat import exception

UNLIMITED = -1


class MetadataQuota:
    """How many metadata items an image may have: ``[quota] metadata_items``
    with Nova's DbQuotaDriver, any number with its other drivers, as in Nova.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        has_limit = conf.quota.driver == quota_conf.DATABASE
        self.limit: int = (
            conf.quota.metadata_items if has_limit else UNLIMITED)

    def check(self, count: int) -> None:
        """Refuse a write that would leave an image with too many items.

        :param count: items that the image would have afterwards
        :raises: MetadataLimitExceeded
        """
        if self.limit != UNLIMITED and count > self.limit:
            raise exception.MetadataLimitExceeded()
