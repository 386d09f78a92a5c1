# SPDX-License-Identifier: Apache-2.0

"""The real Nova and our service respond the same, but for known deviations."""

from collections.abc import Iterable
import json
import os
import sys
from typing import Any

from hypothesis import strategies as st

from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration.differential import report
from nova_images_compat.tests.integration.differential import sender
from nova_images_compat.tests.integration.differential import strategies
from nova_images_compat.tests.integration.differential import world

# Multiplies the number of generated requests, which then differ each time.
VARIABLE = 'OS_TEST_DIFFERENTIAL_FACTOR'

LISTS, READS, WRITES, DOCUMENTS = 700, 500, 500, 150


class DifferentialTest(base.IntegrationTestCase):

    factor = float(os.environ.get(VARIABLE, 0))
    TIMEOUT_SCALING_FACTOR = max(1.0, factor)
    total = report.Tally()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        print(cls.total, file=sys.__stderr__, flush=True)

    def setUp(self) -> None:
        super().setUp()
        self.glance.delete_all()
        self.tally = report.Tally()

    def test_contract(self) -> None:
        for scenario in replay.scenarios():
            self.glance.delete_all()
            images = self.make_world(scenario['images'])
            self.compare(images, sorted(
                scenario['steps'],
                key=lambda step: step.get('method') in world.WRITING_METHODS))
        self.finish()

    def test_lists(self) -> None:
        self.make_up(strategies.lists(), LISTS)

    def test_reads(self) -> None:
        self.make_up(strategies.reads(), READS)

    def test_version_documents(self) -> None:
        self.make_up(strategies.documents(), DOCUMENTS)

    def test_writes(self) -> None:
        self.make_up(strategies.writes(), WRITES)

    def make_world(self, images: list[dict[str, Any]]) -> world.World:
        return world.World(self.glance, self.stack, images)

    def make_up(
        self, strategy: st.SearchStrategy[sender.Step], count: int,
    ) -> None:
        """Compare the responses to generated requests."""
        self.compare(
            self.make_world(strategies.IMAGES),
            strategies.make_up(
                strategy, int(count * (self.factor or 1)), self.factor > 0))
        self.finish()

    def compare(
        self, images: world.World, steps: Iterable[sender.Step],
    ) -> None:
        for step in steps:
            exchange = images.exchange(step)
            for tally in (self.tally, self.total):
                tally.add(exchange)

    def finish(self) -> None:
        """Check that all differences are known deviations."""
        name = self.id().rpartition('.')[2]
        path = os.path.join(self.stack.logs, f'differential-{name}.json')
        steps = self.tally.steps()
        with open(path, 'w') as file:
            json.dump(steps, file, indent=1, ensure_ascii=False)
        self.assertEqual([], steps, f'{len(steps)}, in {path}')
