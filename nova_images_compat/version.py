# SPDX-License-Identifier: Apache-2.0

"""The version of the installed package."""

from importlib import metadata


def version_string() -> str:
    """Return the version, such as "1.2.3"."""
    return metadata.version('nova-images-compat')
