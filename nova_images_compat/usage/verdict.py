# SPDX-License-Identifier: Apache-2.0

"""Says in a few sentences whether the API can be switched off."""

import collections
import datetime

from nova_images_compat.usage import clients
from nova_images_compat.usage import summary as usage_summary
from nova_images_compat.usage import trend

NOTHING = (
    'No call has been counted. Check that [usage_counts] enabled is set.')
NOT_COUNTING = (
    'Calls are not counted now ([usage_counts] enabled is not set), so there '
    'may be more than this report has.')


def sentences(
    found: usage_summary.Overview | None, is_counting: bool,
) -> list[str]:
    """Return the verdict, the most important sentence first.

    :param found: an overview of all counts
    :param is_counting: whether calls are counted now
    """
    if found is None:
        return [NOTHING if is_counting else NOT_COUNTING]
    today = found.windows.today
    # The clock of another host may be ahead.
    quiet = max((today - found.last).days, 0)
    said = [f'The last call was {_ago(quiet)}, on {found.last}.']
    if not is_counting:
        said.insert(0, NOT_COUNTING)
    if quiet < trend.STILL:
        end = found.last + datetime.timedelta(days=trend.STILL)
        return [*said, _callers(found), *_change(found), (
            'Do not switch the API off yet: change these callers first. '
            f'If none of them calls again, {trend.STILL} days without a call '
            f'are over on {end}.')]
    if is_counting:
        said.append(
            f'Nobody has called for {quiet} days: the API can be switched '
            'off, if all hosts have counted calls since then.')
    return said


def _callers(found: usage_summary.Overview) -> str:
    callers = [line for line in found.projects if found.still_calls(line)]
    verb = 'call' if len(callers) != 1 else 'calls'
    text = f'{_number(len(callers), "project")} still {verb}'
    used: collections.Counter[str] = collections.Counter()
    for lines in found.clients_of.values():
        by = [line.key[1] for line in lines if found.still_calls(line)]
        if len(by) == 1 and clients.find(by[0]):
            used.update(by)
    if used:
        name = max(used, key=lambda client: (used[client], client))
        if len(callers) == 1:
            text += f', only by {name}'
        elif used[name] == len(callers):
            text += f', all of them only by {name}'
        else:
            text += f', {used[name]:,} of them only by {name}'
    return f'{text}.'


def _change(found: usage_summary.Overview) -> list[str]:
    """Return the sentence on the trend of all calls, if there is one."""
    length, total = found.windows.length, found.total
    if not length:
        return []
    return [
        f'Calls in the last {length} days: {total.recent:,}; in the '
        f'{length} days before: {total.previous:,} '
        f'({found.trend(total)}).']


def _ago(days: int) -> str:
    if days == 0:
        return 'today'
    return 'yesterday' if days == 1 else f'{days:,} days ago'


def _number(number: int, what: str) -> str:
    return f'{number:,} {what}{"s" if number != 1 else ""}'
