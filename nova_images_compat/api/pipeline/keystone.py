# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's auth_token: ``[keystone_authtoken]`` of the service's
own configuration."""

from keystonemiddleware import auth_token
from oslo_config import cfg

from nova_images_compat.api.pipeline import paste


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    return auth_token.AuthProtocol(application, {paste.CONF_KEY: conf})


factory = paste.filter_factory(_make)
