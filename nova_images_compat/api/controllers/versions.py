# SPDX-License-Identifier: Apache-2.0

"""The version documents, which tell clients where the API is and which
microversions it has."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.api.schemas import versions as schema
from nova_images_compat.api import validation
from nova_images_compat.api.views import versions as views
from nova_images_compat.api import wsgi


class VersionsController(wsgi.Controller):
    """Shows the versions of the API, without authentication.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        self.view = views.VersionsView(conf)

    @validation.response_body_schema(schema.INDEX_RESPONSE)
    def index(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """List the versions."""
        return self.view.index(req)

    @wsgi.response(300)
    @validation.response_body_schema(schema.CHOICES_RESPONSE)
    def choices(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """Answer a URL that has no version with the versions to choose from.
        """
        return self.view.choices(req)

    @validation.response_body_schema(schema.SHOW_RESPONSE)
    def show(self, req: wsgi.Request, body: Any = None) -> dict[str, Any]:
        """Show the version whose root the request asks for."""
        return self.view.show(req)
