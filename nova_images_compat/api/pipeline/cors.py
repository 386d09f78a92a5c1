# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's CORS filter: ``[cors]``."""

from oslo_middleware import cors

from nova_images_compat.api.pipeline import paste

factory = paste.filter_factory(cors.CORS)
