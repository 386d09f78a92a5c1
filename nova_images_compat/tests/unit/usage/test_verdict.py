# SPDX-License-Identifier: Apache-2.0

"""Tests of the verdict and of trends."""

from collections.abc import Mapping
import datetime

from nova_images_compat.tests import base
from nova_images_compat.usage import summary
from nova_images_compat.usage import sums
from nova_images_compat.usage import trend
from nova_images_compat.usage import verdict

TODAY = datetime.date(2026, 3, 31)


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


def summarised(
    calls: Mapping[tuple[str, str], int], first: int = 400,
) -> summary.Summary:
    """Return a summary.

    :param calls: how many days ago a project called by a client
    :param first: how many days ago the first call was
    """
    lines = [sums.Line(key, 10, ago(first), ago(days), 8, 2)
             for key, days in calls.items()]
    return summary.Summary(
        trend.windows(TODAY, ago(first)), ago(first),
        max(line.last for line in lines), lines, [], {}, [], [])


class VerdictTest(base.TestCase):

    def test_nothing_counted(self) -> None:
        self.assertEqual([verdict.NOTHING], verdict.sentences(None, True))

    def test_quiet(self) -> None:
        self.assertEqual([
            'The last call was 28 days ago, on 2026-03-03.',
            'Nobody has called for 28 days: the API can be switched off, if '
            'all hosts have counted calls since then.',
        ], verdict.sentences(summarised({('p', 'curl'): 28}), True))

    def test_calls_are_not_counted(self) -> None:
        self.assertEqual(
            [verdict.NOT_COUNTING], verdict.sentences(None, False))
        for days in 0, 28:
            with self.case(days):
                found = summarised({('p', 'curl'): days})
                said = verdict.sentences(found, False)
                self.assertEqual(verdict.NOT_COUNTING, said[0])
                self.assertIn('The last call was', said[1])
                self.assertNotIn('can be switched off', ''.join(said))

    def test_not_yet(self) -> None:
        self.assertEqual([
            'The last call was 12 days ago, on 2026-03-19.',
            '3 projects still call, 2 of them only by libcloud.',
            'Calls in the last 28 days: 10; in the 28 days before: 40 '
            '(↓ down).',
            'Do not switch the API off yet: change these callers first. If '
            'none of them calls again, 28 days without a call are over on '
            '2026-04-16.',
        ], verdict.sentences(summarised({
            ('p', 'libcloud'): 12, ('q', 'libcloud'): 12,
            ('q', 'curl'): 28, ('r', 'curl'): 27, ('r', 'libcloud'): 27,
        }), True))

    def test_callers(self) -> None:
        for calls, said in (
                ({('p', 'curl'): 0}, '1 project still calls, only by curl.'),
                ({('p', 'curl'): 0, ('p', 'fog'): 1},
                 '1 project still calls.'),
                ({('p', 'curl'): 0, ('q', 'curl'): 1},
                 '2 projects still call, all of them only by curl.'),
                ({('p', 'not recognised'): 0, ('q', 'no user agent'): 1},
                 '2 projects still call.')):
            with self.case(said):
                self.assertEqual(
                    said, verdict.sentences(summarised(calls), True)[1])

    def test_last_call(self) -> None:
        for days, said in (
                (0, 'today, on 2026-03-31'), (1, 'yesterday, on 2026-03-30'),
                (-1, 'today, on 2026-04-01'), (5, '5 days ago, on ')):
            with self.case(days):
                self.assertIn(said, verdict.sentences(
                    summarised({('p', 'curl'): days}), True)[0])

    def test_too_few_days_have_no_trend(self) -> None:
        for first, length in ((12, None), (13, 7), (54, 7), (55, 28)):
            with self.case(first):
                found = summarised({('p', 'curl'): 0}, first)
                self.assertEqual(length or 0, found.windows.length)
                self.assertEqual(bool(length), any(
                    f'in the last {length} days' in sentence
                    for sentence in verdict.sentences(found, True)))


class TrendTest(base.TestCase):

    def test_compare(self) -> None:
        windows = trend.windows(TODAY, ago(400))
        for previous, recent, first, expected in (
                (0, 1, 27, trend.Trend.NEW), (0, 1, 28, trend.Trend.UP),
                (4, 6, 400, trend.Trend.UP), (4, 5, 400, trend.Trend.STEADY),
                (5, 4, 400, trend.Trend.STEADY),
                (6, 4, 400, trend.Trend.DOWN)):
            with self.case(previous, recent, first):
                self.assertIs(expected, windows.compare(
                    previous, recent, ago(first), TODAY))
        self.assertIs(trend.Trend.UNKNOWN, trend.windows(
            TODAY, ago(5)).compare(1, 1, ago(5), TODAY))

    def test_stopped(self) -> None:
        """Who still calls has not stopped."""
        for covered, last, expected in (
                (400, 28, trend.Trend.STOPPED), (20, 10, trend.Trend.DOWN)):
            with self.case(covered, last):
                windows = trend.windows(TODAY, ago(covered))
                self.assertIs(expected, windows.compare(
                    1, 0, ago(covered), ago(last)))
