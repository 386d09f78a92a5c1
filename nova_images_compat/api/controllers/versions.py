# SPDX-License-Identifier: Apache-2.0

"""The version documents, which say where the API is and how new."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.api.schemas import versions as schema
from nova_images_compat.api import validation
from nova_images_compat.api.views import versions as views
from nova_images_compat.api import wsgi


class VersionsController:
    """Names the versions of the API, to anybody.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.view = views.VersionsView(conf)
        self.response_validation: str = conf.api.response_validation

    @validation.response_body_schema(schema.INDEX_RESPONSE)
    def index(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """List the versions."""
        return self.view.index(req)

    @wsgi.response(300)
    @validation.response_body_schema(schema.CHOICES_RESPONSE)
    def choices(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """Answer a URL that names no version: it is one of these."""
        return self.view.choices(req)

    @validation.response_body_schema(schema.SHOW_RESPONSE)
    def show(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """Show the version at whose root the request came in."""
        return self.view.show(req)
