# SPDX-License-Identifier: Apache-2.0

"""The plugin as Tempest loads it."""

import pathlib
from typing import Any

from oslo_config import cfg
from tempest import config
from tempest.test_discover import plugins

from nova_images_compat.tests.tempest import config as own_config
from nova_images_compat.tests.tempest import services

HERE = pathlib.Path(__file__).parent


class ImagesCompatPlugin(plugins.TempestPlugin):
    """Tests of the images API of Compute."""

    def load_tests(self) -> tuple[str, str]:
        """Return the directory of the tests, and the package's parent."""
        return str(HERE / 'api'), str(HERE.parents[2])

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        conf.register_opts(
            own_config.AVAILABLE_OPTS, group=own_config.SERVICE_AVAILABLE)
        conf.register_group(own_config.GROUP)
        conf.register_opts(own_config.OPTS, group=own_config.GROUP)

    def get_opt_lists(self) -> list[tuple[str, list[cfg.Opt]]]:
        return [
            (own_config.SERVICE_AVAILABLE, own_config.AVAILABLE_OPTS),
            (own_config.GROUP.name, own_config.OPTS),
        ]

    def get_service_clients(self) -> list[dict[str, Any]]:
        name = own_config.GROUP.name
        return [{
            'name': name,
            'service_version': name,
            'module_path': services.__name__,
            'client_names': ['ImagesClient', 'LegacyImagesClient'],
            **config.service_client_config(name),
        }]
