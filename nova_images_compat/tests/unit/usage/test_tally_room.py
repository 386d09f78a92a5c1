# SPDX-License-Identifier: Apache-2.0

"""Tests of the room that clients leave to one another in a tally."""

import collections
import datetime
import uuid

import hypothesis
from hypothesis import strategies

from nova_images_compat.tests import base
from nova_images_compat.usage import agents
from nova_images_compat.usage import clients
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

DAY = datetime.date(2026, 1, 31)
CALL = ledger.Call(DAY, 'p', '', 'images:show', '2.1')

LIBCLOUD = 'libcloud/3.9.1 (OpenStack)'
LIMIT = 400


class RoomTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.tally = counter.Tally(LIMIT)

    def _add(self, *user_agents: str) -> None:
        for agent in user_agents:
            self.tally.add(CALL._replace(user_agent=agent))

    def _taken(self) -> dict[str, int]:
        return {call.user_agent: calls
                for call, calls in self.tally.take().items()}

    def test_versions_of_one_client_share_a_counter(self) -> None:
        versions = [f'myapp/1.2.3 build {number}' for number in range(5000)]
        self._add(*versions, 'backup', LIBCLOUD, 'nightly/2.0')
        taken = self._taken()
        self.assertEqual(
            {'myapp/* build *': 5000 - counter.MAX_VERSIONS,
             'backup': 1, LIBCLOUD: 1, 'nightly/2.0': 1},
            {agent: calls for agent, calls in taken.items()
             if agent not in versions[:counter.MAX_VERSIONS]})
        self._add(versions[0], versions[-1])
        self.assertEqual(
            {versions[0]: 1, 'myapp/* build *': 1}, self._taken())

    def test_the_next_day_versions_have_counters_again(self) -> None:
        self._add(*(f'myapp/{number}' for number in range(200)))
        self.tally.take()
        self.tally.add(ledger.Call(
            DAY + datetime.timedelta(days=1), 'p', 'myapp/199', 'o', '2.1'))
        self.assertEqual({'myapp/199': 1}, self._taken())

    def test_known_clients_have_room_beside_random_agents(self) -> None:
        for _ in range(3 * LIMIT):
            # Without digits, so that nothing looks like a version.
            self._add('x' + uuid.uuid4().hex.translate(
                str.maketrans('0123456789', 'ghijklmnop')))
        self._add(LIBCLOUD, LIBCLOUD, 'curl/8.5.0', 'backup')
        taken = self._taken()
        self.assertEqual((2, 1), (taken['libcloud/*'], taken['curl/*']))
        self.assertEqual(1 + 3 * LIMIT - 300, taken['other'])

    def test_a_failing_database_does_not_take_the_room(self) -> None:
        yesterday = DAY - datetime.timedelta(days=1)
        self._add('backup')
        self.tally.take()
        self.tally.give_back({
            CALL._replace(day=yesterday, project_id=f'p{number}'): 1
            for number in range(LIMIT)})
        self.tally.take()
        self._add(*(f'tool{chr(97 + number)}' for number in range(20)))
        self.assertNotIn('other', self._taken())

    @hypothesis.settings(max_examples=50, deadline=None)
    @hypothesis.given(
        strategies.integers(1, 60),
        strategies.lists(strategies.one_of(
            strategies.text(max_size=12),
            strategies.integers(0, 300).map('app/{}'.format),
            strategies.sampled_from(clients.CLIENTS).map(
                lambda client: f'{client.markers[0]}1.0')), max_size=200))
    def test_whatever_the_agents(
        self, limit: int, user_agents: list[str],
    ) -> None:
        tally = counter.Tally(limit)
        for agent in user_agents:
            tally.add(CALL._replace(user_agent=agent))
        taken = collections.Counter({
            call.user_agent: calls for call, calls in tally.take().items()})
        self.assertEqual(len(user_agents), taken.total())
        self.assertLessEqual(len(set(taken) - {'other'}), limit)
        for agent in taken:
            with self.case(agent):
                self.assertTrue(agent == 'other' or agent in {
                    name for given in user_agents for name in (
                        given, agents.without_versions(given),
                        agents.of_client(given))})
