# SPDX-License-Identifier: Apache-2.0

"""Parses query strings in linear time.

The result is that of WebOb, which Nova uses, but WebOb needs quadratic time
for many parameters or escapes.
"""

import re

SEPARATORS = re.compile(b'[&;]')


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the names and values of a query string.

    :param text: the query string as WSGI has it: each character is a byte
        (PEP 3333)
    :raises: UnicodeDecodeError: a name or a value is not UTF-8
    """
    encoded = text.encode('latin-1').replace(b'+', b' ')
    return [
        (_unquoted(name), _unquoted(value))
        for name, _, value in (
            pair.partition(b'=') for pair in SEPARATORS.split(encoded) if pair)
    ]


def _unquoted(text: bytes) -> str:
    first, *escapes = text.split(b'%')
    parts = [first]
    for escape in escapes:
        try:
            parts += [bytes([int(escape[:2], 16)]), escape[2:]]
        except ValueError:
            parts += [b'%', escape]
    return b''.join(parts).decode('utf-8')
