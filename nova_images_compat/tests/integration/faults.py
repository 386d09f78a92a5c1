# SPDX-License-Identifier: Apache-2.0

"""Failures that a proxy can cause."""

import http.client

from nova_images_compat.tests.integration import proxy

DRIPS = 50
DRIP_SECONDS = 0.1

END_OF_HEAD = b'\r\n\r\n'


def hang(exchange: proxy.Exchange) -> None:
    """Do not respond."""
    exchange.wait()


def hang_after(exchange: proxy.Exchange) -> None:
    """Pass the request on, and do not respond."""
    exchange.pass_on()
    exchange.wait()


def cut(exchange: proxy.Exchange) -> None:
    """Reset the connection."""
    exchange.reset()


def cut_early(exchange: proxy.Exchange) -> None:
    """Pass the request on, and reset the connection before the response."""
    exchange.pass_on_and_do(exchange.reset)


def cut_after(exchange: proxy.Exchange) -> None:
    """Pass the request on, and reset the connection after the response."""
    exchange.pass_on()
    exchange.reset()


def cut_in_body(exchange: proxy.Exchange) -> None:
    """Return half of the body of the response."""
    raw = exchange.pass_on()
    body = raw.find(END_OF_HEAD) + len(END_OF_HEAD)
    exchange.answer(raw[:body + (len(raw) - body) // 2])


def drip_body(exchange: proxy.Exchange) -> None:
    """Return the body of the response in small pieces, slowly."""
    head, end, body = exchange.pass_on().partition(END_OF_HEAD)
    exchange.answer(head + end)
    _drip(exchange, body)


def _drip(exchange: proxy.Exchange, raw: bytes) -> None:
    for number in range(min(len(raw), DRIPS)):
        exchange.answer(raw[number:number + 1])
        exchange.wait(DRIP_SECONDS)
    exchange.answer(raw[DRIPS:])


def delay(seconds: float) -> proxy.Fault:
    """Return the fault that delays each request."""
    def fault(exchange: proxy.Exchange) -> None:
        exchange.wait(seconds)
        proxy.pass_on(exchange)

    return fault


def answer(
    status: int, body: bytes = b'', media_type: str = 'application/json',
    length: int | None = None, **headers: str,
) -> proxy.Fault:
    """Return the fault that responds instead of the server.

    :param length: the Content-Length; None: the real length
    :param headers: further headers, by their names with _ instead of -
    """
    lines = [
        f'HTTP/1.1 {status} {http.client.responses[status]}',
        f'Content-Type: {media_type}',
        f'Content-Length: {len(body) if length is None else length}',
        'Connection: close',
        *(f'{name.replace("_", "-")}: {value}'
          for name, value in headers.items())]
    return answer_raw('\r\n'.join(lines).encode() + END_OF_HEAD + body)


def answer_raw(raw: bytes) -> proxy.Fault:
    """Return the fault that responds with some bytes."""
    return lambda exchange: exchange.answer(raw)
