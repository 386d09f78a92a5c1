# SPDX-License-Identifier: Apache-2.0

"""Lets uWSGI answer waiting connections before it stops.

When uWSGI stops, its workers accept no more connections, and the connections
that still wait in the queue of a socket are reset. ``uwsgi.ini`` imports this
module in each worker, and sends the signal to stop here first.
"""

from collections.abc import Sequence
import contextlib
import os
import pathlib
import select
import signal
import socket
import time

import uwsgi

from nova_images_compat import log

LOG = log.getLogger(__name__)

# Seconds that waiting connections get.
TIMEOUT = 60.0
POLL_SECONDS = 0.05
RETRY_SECONDS = 1.0

# What uwsgi.ini makes of signals to the master: SIGTERM becomes uWSGI's own
# signal of this number, and SIGINT ends the workers after their requests.
DRAIN = int(signal.SIGTERM)
END = signal.SIGINT

# IP_MINTTL and IPV6_MINHOPCOUNT of ip(7) and <linux/in6.h>: a socket ignores
# packets that may have passed a router. The usual TTL is 64, even on the
# loopback interface.
_MINIMUM_TTL = ((socket.IPPROTO_IP, 21), (socket.IPPROTO_IPV6, 73))
_MAXIMUM = 255


def stop(number: int) -> None:
    """Stop uWSGI when no connection waits any more. Returns at once.

    :param number: the number of uWSGI's signal
    """
    LOG.info('Stopping after the connections that wait')
    # In a process of its own: a reload may end this worker, and the thread
    # that handles the signal may be the only one of the service.
    worker = os.getpid()
    if os.fork():
        return
    try:
        _stop(worker)
    finally:
        os._exit(0)


def _stop(parent: int) -> None:
    is_drained = False
    try:
        is_drained = drain(uwsgi.sockets, TIMEOUT)
    finally:
        for descriptor in uwsgi.sockets:
            os.close(descriptor)
        os.kill(uwsgi.masterpid(), END)
        _end_new_workers(parent)
    if not is_drained:
        LOG.warning('Connections still waited after %d seconds and are reset',
                    TIMEOUT)


def _end_new_workers(parent: int) -> None:
    """Repeat the request to end to workers that are still loading.

    uWSGI asks each worker only once, and waits for it. A worker that still
    loads the application, because of a reload, ignores the request.

    :param parent: the worker that this process was forked from. It has loaded
        the application, and ends only after this process, which has inherited
        the pipes between its threads.
    """
    while new := [
            worker['pid'] for worker in uwsgi.workers()
            if worker['pid'] != parent and not worker['delta_requests']
            and _is_running(worker['pid'])]:
        time.sleep(RETRY_SECONDS)
        for pid in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGHUP)


def _is_running(pid: int) -> bool:
    # uWSGI waits for one worker after the other: another one may be a zombie.
    with contextlib.suppress(OSError):
        state = pathlib.Path(f'/proc/{pid}/stat').read_text()
        return not state.rpartition(')')[2].startswith(' Z')
    return False


def drain(descriptors: Sequence[int], seconds: float) -> bool:
    """Refuse new connections, and wait until no connection waits.

    New connections get no answer until the socket is closed, and are refused
    then, so that clients and proxies may send their requests again.

    :param descriptors: listening sockets; those that are not TCP sockets
        accept new connections
    :param seconds: the longest time to wait
    :returns: whether no connection waits any more
    """
    waiting = select.poll()
    for descriptor in descriptors:
        _ignore_new_connections(descriptor)
        waiting.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + seconds
    while waiting.poll(0):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _ignore_new_connections(descriptor: int) -> None:
    """Let a listening socket ignore packets that begin connections."""
    with socket.socket(fileno=os.dup(descriptor)) as listener:
        for level, option in _MINIMUM_TTL:
            # A socket has the option of its family only.
            with contextlib.suppress(OSError):
                listener.setsockopt(level, option, _MAXIMUM)


uwsgi.register_signal(DRAIN, 'worker', stop)
