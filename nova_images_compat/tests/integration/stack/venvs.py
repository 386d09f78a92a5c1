# SPDX-License-Identifier: Apache-2.0

"""The virtual environments of the real services and clients."""

from collections.abc import Iterator
from concurrent import futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import sys

from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import registry

NAMES = ('nova', 'glance', 'keystone', 'tempest', 'clients', 'novaclient')

# OpenStack's releases, and the major versions of their Nova.
NOVAS = {'2024.1': 29, '2025.1': 31, '2025.2': 32, '2026.1': 33, '2026.2': 34}
NEWEST = '2026.2'

# Lists of packages before and after our package is installed with Nova.
BEFORE = 'packages-before.txt'
AFTER = 'packages-after.txt'

_TOP = pathlib.Path(__file__).parents[4]
_REQUIREMENTS = pathlib.Path(__file__).parents[1] / 'requirements'
_STAMP = 'requirements.sha256'

# Releases whose packages are too old for the catalogue. The unit tests have a
# separate environment there, with newer packages of the extra "database".
_DATABASES = {'2024.1': _REQUIREMENTS / 'releases/2024.1-database.txt'}

# The packages of an operator before ours is installed.
_NOVA = ('nova', 'PyMySQL')

# Environments that also have our package: for the filter, the Tempest plugin,
# or the unit tests.
_HOSTS = ('nova', 'tempest', 'unit')

# Environments that each release has.
_OF_A_RELEASE = ('nova', 'unit')


def work_directory() -> pathlib.Path:
    """Return the directory for files that the integration tests keep."""
    return pathlib.Path(
        os.environ.get('TOX_WORK_DIR', '.tox')).absolute() / 'real-services'


def path(name: str, release: str = NEWEST) -> str:
    """Return the directory of a virtual environment.

    :param release: the release of Nova; others are of the newest release
    """
    if name in _OF_A_RELEASE and release != NEWEST:
        name = f'{name}-{release}'
    return str(work_directory() / 'venvs' / name)


def program(name: str, script: str, release: str = NEWEST) -> str:
    """Return the path of a script in a virtual environment."""
    return os.path.join(path(name, release), 'bin', script)


def pins(release: str) -> pathlib.Path:
    """Return the path of the pinned versions of a release's Nova."""
    return _REQUIREMENTS / 'releases' / f'{release}.txt'


def make(
    account: registry.Registry, logs: str, release: str = NEWEST,
) -> None:
    """Make the virtual environments whose requirements have changed.

    Those of Nova and Tempest also have our package.

    :param account: the registry of the processes of pip
    :param logs: the directory of the logs of pip
    :param release: the release of Nova
    :raises: ReleaseNotAvailable: pip cannot install Nova or its requirements
    :raises: ProcessFailed: pip fails otherwise
    """
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done in futures.as_completed([
                    pool.submit(_Maker(account, logs, name, release).make)
                    for name in NAMES]):
                done.result()
        except BaseException:
            account.close()
            raise


def make_for_unit_tests(
    account: registry.Registry, logs: str, release: str,
) -> str:
    """Make the environment of the unit tests with a release's libraries.

    :returns: the directory of its scripts
    :raises: ReleaseNotAvailable: pip cannot install the requirements
    :raises: ProcessFailed: pip fails otherwise
    """
    if release not in _DATABASES:
        return program('nova', '', release)
    maker = _Maker(account, logs, 'unit', release)
    maker.make()
    return str(maker.path / 'bin')


class _Maker:
    """Makes one virtual environment, unless it is up to date."""

    def __init__(
        self, account: registry.Registry, logs: str, name: str, release: str,
    ) -> None:
        self.account = account
        self.name = name
        self.release = release
        self.path = pathlib.Path(path(name, release))
        self.log = os.path.join(logs, f'venv-{self.path.name}.log')
        self.requirements = [
            pins(release) if name in _OF_A_RELEASE
            else _REQUIREMENTS / f'{name}.txt']
        if name == 'unit':
            self.requirements.append(_DATABASES[release])
        self.stamp = self.path / _STAMP

    def make(self) -> None:
        with _locked(self.path.name):
            content = self._stamp()
            if self.stamp.exists() and self.stamp.read_text() == content:
                return
            print(f'Making the virtual environment {self.path.name} ...',
                  file=sys.stderr, flush=True)
            shutil.rmtree(self.path, ignore_errors=True)
            self.account.run(
                f'venv-{self.path.name}',
                [sys.executable, '-m', 'venv', str(self.path)], self.log)
            if self.name == 'nova':
                self._install_nova()
            else:
                for file in self.requirements:
                    self._install('-r', str(file), *(
                        ('--no-deps',) if self.name == 'unit' else ()))
                if self.name in _HOSTS:
                    self._install_ours('--no-deps')
            self.stamp.write_text(content)

    def _install_nova(self) -> None:
        """Install Nova, then our package, then what the tests need.

        The first two steps are those of an operator.
        """
        [pinned] = self.requirements
        constraints = ('-c', str(pinned))
        self._install_others(*constraints, *_NOVA)
        self._list(BEFORE)
        self._install_ours(*constraints)
        self._list(AFTER)
        self._install_others('--no-deps', '-r', str(pinned))

    def _install_others(self, *what: str) -> None:
        try:
            self._install(*what)
        except errors.ProcessFailed as error:
            raise errors.ReleaseNotAvailable(self.release, error) from error

    def _install_ours(self, *options: str) -> None:
        # An editable installation writes to the checkout.
        with _locked('checkout'):
            self._install(*options, '-e', str(_TOP))

    def _install(self, *what: str) -> None:
        self._pip(
            self.log, 'install', *what, '--no-input', '--progress-bar=off')

    def _list(self, file: str) -> None:
        self._pip(str(self.path / file), 'list', '--format=freeze')

    def _pip(self, log: str, *arguments: str) -> None:
        self.account.run(
            f'pip-{self.path.name}',
            [str(self.path / 'bin/python'), '-m', 'pip',
             '--disable-pip-version-check', *arguments], log)

    def _stamp(self) -> str:
        """Return a hash of all that requires a new environment if it changes.

        Other files of our package do not: the installation is editable.
        """
        files = [*self.requirements]
        if self.name in _HOSTS:
            files += _TOP / 'setup.cfg', _TOP / 'requirements.txt'
        content = b''.join(file.read_bytes() for file in files)
        return hashlib.sha256(
            content + f'{sys.version} {_TOP}'.encode()).hexdigest()


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    """Hold a lock that parallel runs share."""
    directory = work_directory() / 'venvs'
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / f'.lock-{name}', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
