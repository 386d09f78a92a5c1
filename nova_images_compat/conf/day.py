# SPDX-License-Identifier: Apache-2.0

"""Types of options that oslo.config does not have."""

import datetime
import re

from oslo_config import types

DAY = re.compile('[0-9]{4}-[0-9]{2}-[0-9]{2}')


def parse(text: str) -> datetime.date:
    """Parse a day. Only the form YYYY-MM-DD is accepted.

    :raises: ValueError: the text is not a day of that form
    """
    try:
        if DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f'{text} is not a day of the form YYYY-MM-DD')


class Day(types.ConfigType):
    """A day, as YYYY-MM-DD."""

    def __init__(self) -> None:
        super().__init__(type_name='day value')

    def __call__(self, value: str | datetime.date) -> datetime.date:
        if isinstance(value, datetime.date):
            return value
        return parse(value)

    def __repr__(self) -> str:
        return 'Day'

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def _formatter(self, value: datetime.date) -> str:
        return value.isoformat()
