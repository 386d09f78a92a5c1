# SPDX-License-Identifier: Apache-2.0

"""User agents that differ only in versions."""

import re

from nova_images_compat.usage import clients

# What replaces a version.
ANY = '*'

# A word that begins with a digit, or is the hexadecimal name of a commit or a
# build: "2.31.0", "v1.2-rc1", "8812", "9f8e7d6c".
_VERSION = re.compile(
    r'(?<![\w.+~-])(?:v?\d|(?=[a-f-]*\d)[\da-f-]{7})[\w.+~-]*', re.IGNORECASE)


def without_versions(user_agent: str) -> str:
    """Return a user agent with ``ANY`` instead of each version."""
    return _VERSION.sub(ANY, user_agent)


def of_client(user_agent: str) -> str | None:
    """Return the user agent that stands for all of a known client, such as
    "libcloud/*", or None if the client is not known.
    """
    client = clients.recognise(user_agent)
    if client is None:
        return None
    return f'{client.markers[0].rstrip("/")}/{ANY}'
