# SPDX-License-Identifier: Apache-2.0

"""The package as a release has it, built and installed away from the
checkout."""

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

# pip's own time, where it waits for a network.
TIMEOUT = 600

# What is made in a checkout, and is no part of the package.
MADE = shutil.ignore_patterns(
    '.tox', '.venv', '.stestr', '.mypy_cache', '.hypothesis', '__pycache__',
    '*.egg-info', 'AUTHORS', 'ChangeLog', 'build', 'cover', 'dist',
    '*.sample')


def tracked_files(*places: str) -> list[str]:
    """Return the files of the checkout that the package is made of.

    :raises: CalledProcessError: it is no clone, as an unpacked archive
    """
    return subprocess.run(
        ['git', 'ls-files', *places], cwd=TOP, check=True,
        capture_output=True, text=True).stdout.splitlines()


class Distributions(fixtures.Fixture):
    """The wheel and the sdist of the checkout.

    :ivar sdist: the path of the sdist
    :ivar wheel: that of the wheel, which is built from the sdist
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

    :param distribution: the wheel, or the sdist
    :param extras: those to install with it
    :ivar scratch: a directory away from the checkout
    :ivar prefix: of the environment
    """

    def __init__(
        self, distribution: pathlib.Path, extras: Sequence[str] = (),
    ) -> None:
        self.distribution = distribution
        self.extras = extras

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
        """Run pip on the environment.

        :raises: CalledProcessError
        """
        _run([sys.executable, '-m', 'pip', '--python',
              str(self.program('python')), *arguments], self.scratch)

    def program(self, name: str) -> pathlib.Path:
        return self.prefix / 'bin' / name

    def run(
        self, name: str, *arguments: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, away from the checkout."""
        with self.started(name, *arguments) as process:
            out, error = process.communicate(timeout=TIMEOUT)
        return subprocess.CompletedProcess(
            name, process.returncode, out, error)

    def answer(self, name: str, *arguments: str) -> str:
        """Return what a program prints that is not to fail."""
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
                # None of ours, which may name the checkout.
                env={'HOME': str(self.scratch), 'LC_ALL': 'C.UTF-8',
                     'PATH': os.environ['PATH']},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()


def _run(command: Sequence[str], directory: pathlib.Path) -> None:
    """Run a command that is not to fail.

    :raises: CalledProcessError, with what it printed as its note
    """
    try:
        subprocess.run(
            command, cwd=directory, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=TIMEOUT)
    except subprocess.CalledProcessError as error:
        error.add_note(error.stdout)
        raise
