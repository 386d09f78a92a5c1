# SPDX-License-Identifier: Apache-2.0

"""Tells the user what is being done."""

import sys


def say(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)
