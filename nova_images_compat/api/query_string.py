# SPDX-License-Identifier: Apache-2.0

"""Takes query strings apart, in linear time.

WebOb, which Nova has for it, is quadratic in the number of parameters and of
escapes; the result is the same.
"""

import re

SEPARATORS = re.compile(b'[&;]')


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the names and values of a query string.

    :param text: as WSGI has it: each character stands for a byte (PEP 3333)
    :raises: UnicodeDecodeError: what it says is not UTF-8
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
