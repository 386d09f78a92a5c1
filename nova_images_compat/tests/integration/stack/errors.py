# SPDX-License-Identifier: Apache-2.0

"""Reasons why the stack does not start."""


class StackError(Exception):
    """An error that the user has to fix."""


class MissingProgram(StackError):
    """A server is not installed.

    :param program: its name
    :param package: the Debian package that contains it
    """

    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            f'{program} is not installed; install it '
            f'(Debian: apt-get install {package})')


class ProcessFailed(StackError):
    """A command or server failed.

    :param name: its name
    :param how: how it failed
    :param log: the path of its log
    """

    LINES = 25

    def __init__(self, name: str, how: str, log: str) -> None:
        with open(log, errors='replace') as file:
            tail = ''.join(file.readlines()[-self.LINES:])
        super().__init__(f'{name}: {how}; the end of {log}:\n{tail}')


class ReleaseNotAvailable(StackError):
    """pip cannot install a release of OpenStack.

    :param release: the release
    :param error: the failure of pip
    """

    def __init__(self, release: str, error: ProcessFailed) -> None:
        super().__init__(f'{release} cannot be installed: {error}')
