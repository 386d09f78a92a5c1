# SPDX-License-Identifier: Apache-2.0

"""Servers that refuse to run as root."""

import os
import pwd
import shutil
import tempfile

import fixtures


class Account(fixtures.Fixture):
    """A user, and a directory of theirs.

    :param name: the user if this process runs as root; otherwise, the user is
        that of this process
    :ivar directory: an empty directory
    :ivar prefix: begins a command that the user is to run
    """

    def __init__(self, name: str) -> None:
        self._is_root = os.getuid() == 0
        self.name = name if self._is_root else pwd.getpwuid(
            os.getuid()).pw_name
        self.prefix = [
            'setpriv', f'--reuid={name}', f'--regid={name}',
            '--clear-groups'] if self._is_root else []

    def _setUp(self) -> None:
        # Not below the directory of the stack, which only its owner can read.
        self.directory = tempfile.mkdtemp(prefix=f'{self.name}-')
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.own(self.directory)

    def own(self, top: str) -> None:
        """Give a directory, and all that is in it, to the user."""
        if not self._is_root:
            return
        user = pwd.getpwnam(self.name)
        for directory, _, files in os.walk(top):
            for path in (directory, *(
                    os.path.join(directory, name) for name in files)):
                os.chown(path, user.pw_uid, user.pw_gid)
