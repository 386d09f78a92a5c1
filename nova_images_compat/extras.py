# SPDX-License-Identifier: Apache-2.0

"""What only a part of the package needs: its extras, which pip installs when
they are asked for."""

from collections.abc import Iterator
from importlib import metadata

from packaging import requirements

from nova_images_compat import exception

DISTRIBUTION = 'nova-images-compat'

WHERE_THERE_ARE_OLDER = (
    ' into an environment of its own: what is in this one may need the older')

# What uses [database]: the catalogue, the counts of calls, and the command
# that looks after both.
DATABASE = 'database'
# The bundled server.
SERVER = 'server'
# keystonemiddleware's cache of tokens in memcached, and its encryption.
TOKEN_CACHE = 'token-cache'
TOKEN_ENCRYPTION = 'token-encryption'


def check(name: str, user: str) -> None:
    """Check that everything of an extra is installed, in a version that does.

    :param name: of the extra
    :param user: what needs it, such as an option
    :raises: MissingExtra
    """
    needs = {
        f'{requirement.name}{requirement.specifier}': _version(requirement)
        for requirement in _requirements(name)
        if not _is_satisfied(requirement)}
    if not needs:
        return
    told = ', '.join(
        f'{wanted} (there is {found})' if found else wanted
        for wanted, found in needs.items())
    # Nova, for one, does not bear a newer version of what it has.
    where = WHERE_THERE_ARE_OLDER if any(needs.values()) else ''
    raise exception.MissingExtra(
        f'{user} needs {told}; install {DISTRIBUTION}[{name}]{where}')


def _requirements(extra: str) -> Iterator[requirements.Requirement]:
    """Yield the requirements of an extra that are none without it."""
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
    """Return the version that is installed, if one is."""
    try:
        return metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return None
