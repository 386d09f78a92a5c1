# SPDX-License-Identifier: Apache-2.0

"""The virtual environments of the real services and clients."""

from collections.abc import Iterable
from concurrent import futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import sys

from nova_images_compat.tests.integration.stack import registry

NAMES = ('nova', 'glance', 'keystone', 'tempest', 'clients', 'novaclient')

_TOP = pathlib.Path(__file__).parents[4]
_REQUIREMENTS = pathlib.Path(__file__).parents[1] / 'requirements'
_STAMP = 'requirements.sha256'

# Our package is a filter in Nova's process, and a plugin of Tempest: where it
# is installed, with the requirements of what it needs beside.
_HOSTS = {'nova': 'nova-plugin', 'tempest': None}


def work_directory() -> pathlib.Path:
    """Return tox's directory for what the integration tests keep."""
    return pathlib.Path(
        os.environ.get('TOX_WORK_DIR', '.tox')).absolute() / 'real-services'


def path(name: str) -> str:
    """Return the directory of a virtual environment."""
    return str(work_directory() / 'venvs' / name)


def program(name: str, script: str) -> str:
    """Return the path of a script in a virtual environment."""
    return os.path.join(path(name), 'bin', script)


def make(
    account: registry.Registry, logs: str, names: Iterable[str] = NAMES,
) -> None:
    """Make the virtual environments whose requirements have changed, and
    install our package beside Nova and Tempest.

    :param account: on whose account pip runs
    :param logs: the directory of pip's logs
    :raises: ProcessFailed
    """
    directory = work_directory() / 'venvs'
    directory.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(open(directory / '.lock', 'w'))
        fcntl.flock(lock, fcntl.LOCK_EX)
        stale = [name for name in names if not _is_current(name)]
        if stale:
            print(f'Making virtual environments: {", ".join(stale)} ...',
                  file=sys.stderr, flush=True)
            _make_all(account, logs, stale)
        for name in names:
            if name in _HOSTS and not _plugin_is_current(name):
                _add_plugin(account, logs, name)


def _make_all(
    account: registry.Registry, logs: str, names: Iterable[str],
) -> None:
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done in futures.as_completed([
                    pool.submit(_make, account, logs, name)
                    for name in names]):
                done.result()
        except BaseException:
            account.close()
            raise


def _make(account: registry.Registry, logs: str, name: str) -> None:
    directory = path(name)
    shutil.rmtree(directory, ignore_errors=True)
    account.run(
        f'venv-{name}', [sys.executable, '-m', 'venv', directory],
        _log(logs, name))
    _install(account, logs, name, '-r', _requirements(name))
    pathlib.Path(directory, _STAMP).write_text(_stamp(name))


def _add_plugin(account: registry.Registry, logs: str, name: str) -> None:
    """Install our package, and what its host does not bring along."""
    requirements = _HOSTS[name]
    if requirements:
        _install(
            account, logs, name, '--no-deps', '-r',
            _requirements(requirements))
    _install(account, logs, name, '--no-deps', '-e', str(_TOP))
    if requirements:
        account.run(
            f'pip-check-{name}',
            [program(name, 'python'), '-m', 'pip', 'check',
             '--disable-pip-version-check'], _log(logs, name))
    _plugin_stamp_path(name).write_text(_plugin_stamp(name))


def _install(
    account: registry.Registry, logs: str, name: str, *what: str,
) -> None:
    account.run(
        f'pip-{name}',
        [program(name, 'python'), '-m', 'pip', 'install', *what,
         '--disable-pip-version-check', '--no-input', '--progress-bar=off'],
        _log(logs, name))


def _requirements(name: str) -> str:
    return str(_REQUIREMENTS / f'{name}.txt')


def _log(logs: str, name: str) -> str:
    return os.path.join(logs, f'venv-{name}.log')


def _is_current(name: str) -> bool:
    stamp = pathlib.Path(path(name), _STAMP)
    return stamp.exists() and stamp.read_text() == _stamp(name)


def _stamp(name: str) -> str:
    return _digest(_requirements(name))


def _plugin_is_current(name: str) -> bool:
    stamp = _plugin_stamp_path(name)
    return stamp.exists() and stamp.read_text() == _plugin_stamp(name)


def _plugin_stamp_path(name: str) -> pathlib.Path:
    return pathlib.Path(path(name), f'{name}-plugin.sha256')


def _plugin_stamp(name: str) -> str:
    """Return what an editable installation does not follow by itself."""
    requirements = _HOSTS[name]
    return _digest(
        *([_requirements(requirements)] if requirements else []),
        _TOP / 'setup.cfg', _TOP / 'requirements.txt', extra=str(_TOP))


def _digest(*files: str | pathlib.Path, extra: str = '') -> str:
    content = b''.join(pathlib.Path(file).read_bytes() for file in files)
    return hashlib.sha256(
        content + sys.version.encode() + extra.encode()).hexdigest()
