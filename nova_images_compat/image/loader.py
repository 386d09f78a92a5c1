# SPDX-License-Identifier: Apache-2.0

"""Finds the image store that ``[api] image_store`` names."""

from importlib import metadata
from typing import cast

from oslo_config import cfg
from stevedore import driver
from stevedore import exception as stevedore_exception
from stevedore import extension

from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat.image import base as image_base

NAMESPACE = 'nova_images_compat.image_stores'


def load_class(conf: cfg.ConfigOpts) -> type[image_base.ImageStore]:
    """Return the class of the image store.

    :param conf: the service's configuration
    :raises: MissingExtra: the store needs packages that are not installed
    :raises: ConfigurationError: there is no such store
    """
    name = conf.api.image_store
    for entry_point in metadata.entry_points(group=NAMESPACE, name=name):
        for extra in entry_point.extras:
            extras.check(extra, f'[api] image_store = {name}')
    try:
        found: driver.DriverManager[type[image_base.ImageStore]] = (
            driver.DriverManager(NAMESPACE, name))
    except stevedore_exception.NoMatches as error:
        known = ', '.join(sorted(extension.ExtensionManager(
            NAMESPACE).names()))
        raise exception.ConfigurationError(
            f'[api] image_store: there is no store "{name}"; the stores are: '
            f'{known}') from error
    return cast(type[image_base.ImageStore], found.driver)


def load_store(conf: cfg.ConfigOpts) -> image_base.ImageStore:
    """Make the image store.

    :param conf: the service's configuration
    :raises: ConfigurationError
    :raises: DatabaseNotReady: the database of the store cannot be used
    """
    return load_class(conf)(conf)
