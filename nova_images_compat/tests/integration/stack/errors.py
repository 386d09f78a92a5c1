# SPDX-License-Identifier: Apache-2.0

"""What can keep the stack from coming up."""


class StackError(Exception):
    """Something that whoever runs the tests must put right."""


class MissingProgram(StackError):
    """A server that a Debian package would bring."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            f'there is no {program} on this machine; install it '
            f'(Debian: apt-get install {package})')


class ProcessFailed(StackError):
    """A command or server that ended when it should not have.

    :param name: what it was
    :param how: how it failed
    :param log: the path of its log
    """

    LINES = 25

    def __init__(self, name: str, how: str, log: str) -> None:
        with open(log, errors='replace') as file:
            tail = ''.join(file.readlines()[-self.LINES:])
        super().__init__(f'{name}: {how}; the end of {log}:\n{tail}')


class ReleaseNotAvailable(StackError):
    """A release of OpenStack that pip cannot install.

    :param release: the release
    :param error: what pip says
    """

    def __init__(self, release: str, error: ProcessFailed) -> None:
        super().__init__(f'{release} cannot be installed: {error}')
