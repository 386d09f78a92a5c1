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

# What pip lists before our package is installed beside Nova, and after.
BEFORE = 'packages-before.txt'
AFTER = 'packages-after.txt'

_TOP = pathlib.Path(__file__).parents[4]
_REQUIREMENTS = pathlib.Path(__file__).parents[1] / 'requirements'
_STAMP = 'requirements.sha256'

# Where Nova's environment is too old for the catalogue, the unit tests have
# one of their own, with newer packages of the extra "database".
_DATABASES = {'2024.1': _REQUIREMENTS / 'releases/2024.1-database.txt'}

# What an operator's environment has before our package comes.
_NOVA = ('nova', 'PyMySQL')

# Who has our package installed beside it: its filter, Tempest's plugin, or its
# unit tests.
_HOSTS = ('nova', 'tempest', 'unit')

# What there is one of for each release.
_OF_A_RELEASE = ('nova', 'unit')


def work_directory() -> pathlib.Path:
    """Return tox's directory for what the integration tests keep."""
    return pathlib.Path(
        os.environ.get('TOX_WORK_DIR', '.tox')).absolute() / 'real-services'


def path(name: str, release: str = NEWEST) -> str:
    """Return the directory of a virtual environment.

    :param release: Nova's; all else is of the newest release
    """
    if name in _OF_A_RELEASE and release != NEWEST:
        name = f'{name}-{release}'
    return str(work_directory() / 'venvs' / name)


def program(name: str, script: str, release: str = NEWEST) -> str:
    """Return the path of a script in a virtual environment."""
    return os.path.join(path(name, release), 'bin', script)


def pins(release: str) -> pathlib.Path:
    """Return the file of the versions that a release's Nova runs with."""
    return _REQUIREMENTS / 'releases' / f'{release}.txt'


def make(
    account: registry.Registry, logs: str, release: str = NEWEST,
) -> None:
    """Make the virtual environments whose requirements have changed, with
    our package beside Nova and Tempest.

    :param account: on whose account pip runs
    :param logs: the directory of pip's logs
    :param release: Nova's
    :raises: ReleaseNotAvailable: pip cannot install the release's Nova, or
        what belongs to it
    :raises: ProcessFailed
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
    """Make what the unit tests need to run with a release's libraries, beside
    its Nova's environment, and return the directory of its scripts.

    :raises: ReleaseNotAvailable, ProcessFailed
    """
    if release not in _DATABASES:
        return program('nova', '', release)
    maker = _Maker(account, logs, 'unit', release)
    maker.make()
    return str(maker.path / 'bin')


class _Maker:
    """Makes one virtual environment, unless it is as it is to be."""

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
        """Install Nova, then our package as an operator does, then what the
        servers and the tests need.
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
        # An editable installation writes into the checkout.
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
        """Return what stands for all that the environment was made from; the
        rest of our package it follows by itself.
        """
        files = [*self.requirements]
        if self.name in _HOSTS:
            files += _TOP / 'setup.cfg', _TOP / 'requirements.txt'
        content = b''.join(file.read_bytes() for file in files)
        return hashlib.sha256(
            content + f'{sys.version} {_TOP}'.encode()).hexdigest()


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    """Hold a lock that runs side by side share."""
    directory = work_directory() / 'venvs'
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / f'.lock-{name}', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
