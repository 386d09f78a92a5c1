# SPDX-License-Identifier: Apache-2.0

"""Builds the package, and installs it outside the checkout."""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

import fixtures

TOP = pathlib.Path(__file__).parents[4]
CONSTRAINTS = TOP / 'upper-constraints.txt'

# Seconds; pip may wait for the network.
TIMEOUT = 600

# Generated files in a checkout that do not belong to the package.
MADE = shutil.ignore_patterns(
    '.tox', '.venv', '.stestr', '.mypy_cache', '.hypothesis', '__pycache__',
    '*.egg-info', 'AUTHORS', 'ChangeLog', 'build', 'cover', 'dist',
    '*.sample')


def tracked_files(*places: str) -> list[str]:
    """Return the files that git tracks.

    :raises: CalledProcessError: the checkout is not a git clone
    """
    return subprocess.run(
        ['git', 'ls-files', *places], cwd=TOP, check=True,
        capture_output=True, text=True).stdout.splitlines()


class Distributions(fixtures.Fixture):
    """The wheel and the sdist of the checkout.

    :ivar sdist: the path of the sdist
    :ivar wheel: the path of the wheel, which is built from the sdist
    """

    def _setUp(self) -> None:
        scratch = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        copy = scratch / 'checkout'
        shutil.copytree(TOP, copy, symlinks=True, ignore=MADE)
        _run([sys.executable, '-m', 'build', '--outdir', 'dist', 'checkout'],
             scratch)
        self.sdist, = scratch.glob('dist/*.tar.gz')
        self.wheel, = scratch.glob('dist/*.whl')


class Installation(fixtures.Fixture):
    """A virtual environment with the package.

    :param distribution: the path of the wheel or the sdist
    :param extras: the extras to install
    :ivar name: the name of the distribution and its extras
    :ivar scratch: a directory outside the checkout
    :ivar prefix: the directory of the environment
    """

    def __init__(
        self, distribution: pathlib.Path, extras: Sequence[str] = (),
    ) -> None:
        self.distribution = distribution
        self.extras = extras

        self.name = ' '.join((distribution.name, *extras))

    def _setUp(self) -> None:
        self.scratch = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.prefix = self.scratch / 'venv'
        _run([sys.executable, '-m', 'venv', '--without-pip', 'venv'],
             self.scratch)
        extras = f'[{",".join(self.extras)}]' if self.extras else ''
        self.pip(
            'install', '-q', '--no-input', '--no-compile',
            '-c', str(CONSTRAINTS),
            f'nova-images-compat{extras} @ {self.distribution.as_uri()}')

    def pip(self, *arguments: str) -> None:
        """Run pip for the environment.

        :raises: CalledProcessError: pip fails
        """
        _run([sys.executable, '-m', 'pip', '--python',
              str(self.program('python')), *arguments], self.scratch)

    def program(self, name: str) -> pathlib.Path:
        return self.prefix / 'bin' / name

    def run(
        self, name: str, *arguments: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment outside the checkout."""
        with self.started(name, *arguments) as process:
            out, error = process.communicate(timeout=TIMEOUT)
        return subprocess.CompletedProcess(
            name, process.returncode, out, error)

    def answer(self, name: str, *arguments: str) -> str:
        """Run a program that must not fail, and return its output.

        :raises: AssertionError: it fails
        """
        ran = self.run(name, *arguments)
        if ran.returncode:
            raise AssertionError(f'{name} {arguments}: {ran}')
        return ran.stdout

    @contextlib.contextmanager
    def started(
        self, name: str, *arguments: str,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a program of the environment, and stop it at the end."""
        with subprocess.Popen(
                [str(self.program(name)), *arguments], cwd=self.scratch,
                # Our own variables may contain the path of the checkout.
                env={'HOME': str(self.scratch), 'LC_ALL': 'C.UTF-8',
                     'PATH': os.environ['PATH']},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()


def _run(command: Sequence[str], directory: pathlib.Path) -> None:
    """Run a command that must not fail.

    :raises: CalledProcessError: it fails; its note is what it printed
    """
    try:
        subprocess.run(
            command, cwd=directory, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=TIMEOUT)
    except subprocess.CalledProcessError as error:
        error.add_note(error.stdout)
        raise
