# SPDX-License-Identifier: Apache-2.0

"""The sample unit file, and what systemd does with it."""

import contextlib
import os
import shlex
import signal
import socket
import struct

from nova_images_compat.tests.integration.stack import registry

NAME = 'nova-images-compat.service'

_READY = b'READY=1'
_CREDENTIALS = struct.Struct('3i')


class UnitFile:
    """The section [Service] of a unit file.

    :param text: the text of the file
    """

    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        section = ''
        for line in text.splitlines():
            if line.startswith('['):
                section = line
            elif line and not line.startswith('#') and (
                    section == '[Service]'):
                name, _, value = line.partition('=')
                self._values.setdefault(name, []).append(value)

    def commands(self, name: str, main_pid: int = 0) -> list[list[str]]:
        """Return the commands of an option such as ExecReload, in order.

        :param main_pid: the value of $MAINPID
        """
        return [
            shlex.split(value.replace('$MAINPID', str(main_pid)))
            for value in self._values.get(name, ())]

    def stop(self, main_pid: int) -> None:
        """Send the first signal of a stop.

        :param main_pid: the main process, which leads its process group
        """
        name = self._option('KillSignal', 'SIGTERM')
        if self._option('KillMode', 'control-group') == 'mixed':
            os.kill(main_pid, signal.Signals[name])
        else:
            registry.signal_group(main_pid, signal.Signals[name])

    def _option(self, name: str, default: str) -> str:
        return self._values.get(name, [default])[-1]


class NotifySocket:
    """The socket of $NOTIFY_SOCKET, for a unit of Type=notify.

    It accepts messages of the main process only, as NotifyAccess=main does.

    :ivar path: the value of the variable
    """

    def __init__(self, directory: str) -> None:
        self.path = os.path.join(directory, 'notify')
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._is_ready = False

    def is_ready(self, main_pid: int) -> bool:
        """Return whether the main process has said that it is ready."""
        with contextlib.suppress(BlockingIOError):
            while not self._is_ready:
                message, sender = self._receive()
                self._is_ready = sender == main_pid and (
                    _READY in message.splitlines())
        return self._is_ready

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> tuple[bytes, int]:
        message, [(_, _, data)], _, _ = self._socket.recvmsg(
            4096, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_DONTWAIT)
        sender, _, _ = _CREDENTIALS.unpack(data)
        return message, sender
