# SPDX-License-Identifier: Apache-2.0

"""A small disk, which a test can fill."""

import contextlib
import os
import subprocess

import fixtures


class SmallDisk(fixtures.Fixture):
    """A file system in memory, which only root can mount.

    :param size: in KiB
    :param files: the most files
    :ivar path: its directory
    """

    def __init__(self, size: int = 2048, files: int = 1000) -> None:
        self._options = f'size={size}k,nr_inodes={files}'

    @staticmethod
    def is_possible() -> bool:
        """Return whether this process may mount file systems."""
        with fixtures.TempDir() as directory:
            mounted = subprocess.run(
                ['mount', '-t', 'tmpfs', 'tmpfs', directory.path],
                stderr=subprocess.DEVNULL).returncode == 0
            if mounted:
                subprocess.run(['umount', directory.path], check=True)
        return mounted

    def _setUp(self) -> None:
        self.path = self.useFixture(fixtures.TempDir()).path
        subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', self._options, 'tmpfs', self.path],
            check=True)
        # Some files may still be open.
        self.addCleanup(subprocess.run, ['umount', '-l', self.path])
        self._filler = os.path.join(self.path, 'filler')

    def fill(self) -> None:
        """Use all space that is left."""
        with contextlib.suppress(OSError), open(self._filler, 'wb', 0) as file:
            while True:
                file.write(b'\0' * 512)

    def use_all_files(self) -> None:
        """Create files until no more can be created."""
        os.mkdir(self._filler)
        with contextlib.suppress(OSError):
            for number in range(10_000):
                open(os.path.join(self._filler, str(number)), 'x').close()

    def free(self) -> None:
        """Undo ``fill`` or ``use_all_files``."""
        subprocess.run(['rm', '-r', self._filler], check=True)
