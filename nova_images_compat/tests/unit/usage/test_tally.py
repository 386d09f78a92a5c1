# SPDX-License-Identifier: Apache-2.0

"""Tests of the counters in memory."""

from concurrent import futures
import datetime

from nova_images_compat.tests import base
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

DAY = datetime.date(2026, 1, 31)
CALL = ledger.Call(DAY, 'p', 'agent', 'images:show', '2.1')


def agents(*names: object) -> list[ledger.Call]:
    """Return calls of these user agents."""
    return [CALL._replace(user_agent=str(name)) for name in names]


class TallyTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.tally = counter.Tally(3)

    def _add(self, *calls: ledger.Call) -> None:
        for call in calls:
            self.tally.add(call)

    def _taken(self) -> dict[str, int]:
        return {call.user_agent: calls
                for call, calls in self.tally.take().items()}

    def test_counts(self) -> None:
        self._add(CALL, CALL, CALL._replace(microversion='2.2'))
        self.assertEqual(
            {CALL: 2, CALL._replace(microversion='2.2'): 1},
            self.tally.take())
        self.assertEqual({}, self.tally.take())

    def test_beyond_the_limit_agents_are_others(self) -> None:
        self._add(*agents(*range(10)), *agents(0, 1, 10))
        self.assertEqual({'0': 2, '1': 2, '2': 1, 'other': 8}, self._taken())

    def test_limit_is_that_of_a_day(self) -> None:
        for names in ('abcd', 'efg', 'abh'):
            self._add(*agents(*names))
            taken = self._taken()
        self.assertEqual({'a': 1, 'b': 1, 'other': 1}, taken)
        tomorrow = DAY + datetime.timedelta(days=1)
        self._add(*(call._replace(day=tomorrow) for call in agents(*'hijk')))
        self.assertEqual({'h': 1, 'i': 1, 'j': 1, 'other': 1}, self._taken())

    def test_what_is_given_back_is_bounded(self) -> None:
        self._add(*agents(*'aab'))
        taken = self.tally.take()
        self._add(*agents(*'ac'))
        self.tally.give_back(taken)
        self.assertEqual({'a': 3, 'b': 1, 'c': 1}, self._taken())
        self._add(*agents(*'abc'))
        self.tally.give_back({call: 5 for call in agents(*'cdef')})
        self.assertEqual(
            {'a': 1, 'b': 1, 'c': 6, 'other': 15}, self._taken())

    def test_days_that_cannot_be_written_are_bounded(self) -> None:
        for number in range(10):
            day = DAY + datetime.timedelta(days=number)
            self._add(*(call._replace(day=day) for call in agents(*'abcd')))
        taken = self.tally.take()
        self.assertEqual(40, sum(taken.values()))
        self.assertEqual(
            3, len([call for call in taken if call.user_agent != 'other']))

    def test_threads(self) -> None:
        tally = counter.Tally(1000)
        taken: list[dict[ledger.Call, int]] = []

        def count(number: int) -> None:
            for step in range(2000):
                tally.add(CALL._replace(user_agent=str(step % 7)))
                if step % 100 == number:
                    tally.give_back(tally.take())
                    taken.append(tally.take())

        with futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(8)))
        taken.append(tally.take())
        self.assertEqual(16000, sum(sum(each.values()) for each in taken))
