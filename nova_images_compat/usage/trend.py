# SPDX-License-Identifier: Apache-2.0

"""Compares the calls of the last days with those of as many days before."""

import dataclasses
import datetime
import enum

# A caller whose last call was in this many days still calls.
STILL = 28

# The lengths of the compared periods, the longest that the counts cover twice
# is taken.
LENGTHS = (28, 7)

# A change of this factor is more than a day that is not over yet.
STEADY = 1.25


class Trend(enum.StrEnum):
    """What became of the calls, for a reader."""

    UP = '↑ up'
    DOWN = '↓ down'
    STEADY = '→ steady'
    STOPPED = '■ stopped'
    NEW = '★ new'
    UNKNOWN = '–'


@dataclasses.dataclass(frozen=True, slots=True)
class Windows:
    """The periods that are compared.

    :ivar today: the last day of the recent period, in UTC
    :ivar length: the days of each period; 0: the counts cover too few days
    """

    today: datetime.date
    length: int

    @property
    def recent(self) -> datetime.date:
        """The first day of the recent period."""
        return self._back(self.length - 1)

    @property
    def previous(self) -> datetime.date:
        """The first day of the period before."""
        return self._back(2 * self.length - 1)

    @property
    def still(self) -> datetime.date:
        """The first of the days in which a caller still calls."""
        return self._back(STILL - 1)

    def compare(
        self, previous: int, recent: int, first: datetime.date,
        last: datetime.date,
    ) -> Trend:
        """Compare two numbers of calls.

        :param previous: the calls of the period before
        :param recent: the calls of the recent period
        :param first: the day of the first call
        :param last: the day of the last call
        """
        if not self.length:
            return Trend.UNKNOWN
        if not recent:
            return Trend.STOPPED if last < self.still else Trend.DOWN
        if not previous:
            return Trend.NEW if first >= self.recent else Trend.UP
        if recent > previous * STEADY:
            return Trend.UP
        return Trend.DOWN if recent * STEADY < previous else Trend.STEADY

    def _back(self, days: int) -> datetime.date:
        return self.today - datetime.timedelta(days=days)


def windows(today: datetime.date, first: datetime.date) -> Windows:
    """Return the periods to compare.

    :param today: in UTC
    :param first: the first day that the counts cover
    """
    covered = (today - first).days + 1
    return Windows(today, next(
        (length for length in LENGTHS if 2 * length <= covered), 0))
