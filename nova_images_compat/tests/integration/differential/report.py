# SPDX-License-Identifier: Apache-2.0

"""Counts requests and differences."""

import collections
import json
import re
from typing import Any

from nova_images_compat.tests.integration.differential import compare
from nova_images_compat.tests.integration.differential import deviations
from nova_images_compat.tests.integration.differential import sender
from nova_images_compat.tests.integration.differential import world

_MOST_BYTES = 4000


class Tally:
    """The results of a run.

    :ivar methods: the number of requests, by method
    :ivar deviations: the number of known deviations, by name
    :ivar differences: an unknown difference of each kind
    :ivar kinds: the number of unknown differences of each kind
    """

    def __init__(self) -> None:
        self.methods: collections.Counter[str] = collections.Counter()
        self.deviations: collections.Counter[str] = collections.Counter()
        self.differences: dict[Any, compare.Difference] = {}
        self.kinds: collections.Counter[Any] = collections.Counter()

    def add(self, exchange: world.Exchange) -> None:
        """Compare the responses of both servers."""
        self.methods[exchange.step.get('method', 'GET')] += 1
        nova, ours = compare.see(exchange)
        nova, names = deviations.straighten(nova, ours)
        self.deviations.update(names)
        found = compare.difference(exchange, nova, ours)
        if found is None:
            return
        name = deviations.explain(found)
        if name is not None:
            self.deviations[name] += 1
            return
        kind = _kind(found)
        self.kinds[kind] += 1
        self.differences.setdefault(kind, found)

    def steps(self) -> list[sender.Step]:
        """Return the unknown differences in the format of the contract."""
        return [{**as_step(found), 'seen': self.kinds[kind],
                 'differs': sorted(found.aspects)}
                for kind, found in self.differences.items()]

    def __str__(self) -> str:
        return (
            f'Compared with Nova: {self.methods.total()} requests, '
            f'{_counts(self.methods)}.\n'
            f'Known deviations: {_counts(self.deviations)}.\n'
            f'Unknown differences: {self.kinds.total()} requests of '
            f'{len(self.kinds)} kinds.')


def as_step(found: compare.Difference) -> sender.Step:
    """Return a difference as a step of the contract that expects our response.
    """
    ours = _expectation(found.exchange.ours)
    if found.ours.fault:
        ours.pop('json', None)
        ours['fault'] = found.ours.fault
    step = {
        **found.step, 'expect': ours,
        'nova': _expectation(found.exchange.nova)}
    if found.nova.images != found.ours.images:
        step['glance'] = {
            'nova': found.nova.images, 'ours': found.ours.images}
    return step


def _expectation(outcome: world.Outcome) -> dict[str, Any]:
    answer, names = outcome.answer, outcome.names
    text = compare.name_places(answer.text, names, with_times=True)
    expected: dict[str, Any] = {'status': answer.status, 'headers': {
        name: answer.headers[name]
        for name in ('content-type', 'openstack-api-version',
                     'x-openstack-nova-api-version', 'vary')
        if name in answer.headers}}
    try:
        expected['json'] = json.loads(text)
    except ValueError:
        if text:
            expected['text'] = text[:_MOST_BYTES]
    return expected


def _kind(found: compare.Difference) -> Any:
    """Return a key that is the same for differences of the same cause."""
    path = re.sub(r'\{[A-Za-z]+\}', '{}', found.path)
    path = re.sub('(/images/)(?!detail)[^/]+', r'\1-', path)
    path = re.sub('(/metadata/)[^/]+', r'\1-', path)
    path = re.sub('^/v2(.1)?(/{})?', '', path)
    names = frozenset(
        name.partition('-')[0] for name, value in found.parameters)
    return (found.method, path[:40], names, found.aspects, found.nova.status,
            found.ours.status, found.nova.fault)


def _counts(counter: collections.Counter[str]) -> str:
    return ', '.join(
        f'{name} {count}' for name, count in sorted(counter.items())) or '-'
