# SPDX-License-Identifier: Apache-2.0

"""Writes the result of a command to the standard output or to a file."""

import contextlib
import os
import sys
import tempfile

from nova_images_compat import exception


def write(content: bytes, path: str | None) -> None:
    """Write the content.

    A file is replaced as a whole, or not at all. Only its owner may read it:
    the result may say who does what.

    :param path: the file; None: write to the standard output
    :raises: CommandError: the file cannot be written
    """
    if path is None or path == '/dev/stdout':
        sys.stdout.buffer.write(content)
        return
    try:
        if _is_device(path):
            with open(path, 'ab') as file:
                file.write(content)
        else:
            _replace(os.path.realpath(path), content)
    except OSError as error:
        raise exception.CommandError(
            f'--output {path}: {error.strerror}') from error


def _is_device(path: str) -> bool:
    """Say whether a file must not be replaced, such as a pipe or /dev/fd/3.
    """
    return os.path.exists(path) and not os.path.isfile(path) or (
        os.path.abspath(path).startswith(('/dev/fd/', '/proc/')))


def _replace(path: str, content: bytes) -> None:
    # mkstemp makes a file that only its owner can read.
    descriptor, temporary = tempfile.mkstemp(
        prefix='.nova-images-compat-', dir=os.path.dirname(path))
    try:
        with open(descriptor, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
