# SPDX-License-Identifier: Apache-2.0

"""The package's extras: libraries that only a part of it needs, and that pip
installs on request."""

from collections.abc import Iterator
from importlib import metadata

from packaging import requirements

from nova_images_compat import exception

DISTRIBUTION = 'nova-images-compat'

# Nova, for one, does not work with newer versions of its libraries.
ELSEWHERE = (
    ' in a new environment: other packages here may need the older version')

# For [database]: the catalogue, the counts of calls, and the command that
# manages both.
DATABASE = 'database'
# "nova-images-compat-manage usage report --format html".
REPORT = 'report'
# nova-images-compat-api.
SERVER = 'server'
# keystonemiddleware's cache of tokens in memcached, and its encryption. The
# cache of images needs the same client.
TOKEN_CACHE = 'token-cache'
TOKEN_ENCRYPTION = 'token-encryption'


def check(name: str, user: str) -> None:
    """Check that the libraries of an extra are installed, and new enough.

    :param name: the extra's name
    :param user: what needs the extra, such as an option, for the error
    :raises: MissingExtra: a library is missing or too old
    """
    needs = {
        f'{requirement.name}{requirement.specifier}': _version(requirement)
        for requirement in _requirements(name)
        if not _is_satisfied(requirement)}
    if not needs:
        return
    told = ', '.join(
        f'{wanted} (installed: {found})' if found else wanted
        for wanted, found in needs.items())
    where = ELSEWHERE if any(needs.values()) else ''
    raise exception.MissingExtra(
        f'{user} needs {told}; install {DISTRIBUTION}[{name}]{where}')


def _requirements(extra: str) -> Iterator[requirements.Requirement]:
    """Yield the requirements that the extra adds."""
    for text in metadata.requires(DISTRIBUTION) or ():
        requirement = requirements.Requirement(text)
        marker = requirement.marker
        if marker and marker.evaluate({'extra': extra}) and (
                not marker.evaluate({'extra': ''})):
            yield requirement


def _is_satisfied(requirement: requirements.Requirement) -> bool:
    found = _version(requirement)
    return found is not None and requirement.specifier.contains(
        found, prereleases=True)


def _version(requirement: requirements.Requirement) -> str | None:
    """Return the installed version, or None."""
    try:
        return metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return None
