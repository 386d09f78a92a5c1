# SPDX-License-Identifier: Apache-2.0

"""What only a part of the package needs: its extras, which pip installs when
they are asked for."""

from importlib import metadata

from packaging import requirements

from nova_images_compat import exception

DISTRIBUTION = 'nova-images-compat'

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
    reasons = [
        reason for text in metadata.requires(DISTRIBUTION) or ()
        if (reason := _missing(requirements.Requirement(text), name))]
    if reasons:
        raise exception.MissingExtra(
            f'{user} needs {", ".join(reasons)}; install '
            f'{DISTRIBUTION}[{name}]')


def _missing(requirement: requirements.Requirement, extra: str) -> str | None:
    """Return what is missing of one requirement, if it is of the extra."""
    marker = requirement.marker
    if marker is None or marker.evaluate({'extra': ''}) or (
            not marker.evaluate({'extra': extra})):
        return None
    wanted = f'{requirement.name}{requirement.specifier}'
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return wanted
    if requirement.specifier.contains(found, prereleases=True):
        return None
    return f'{wanted} (there is {found})'
