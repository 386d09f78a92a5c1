# SPDX-License-Identifier: Apache-2.0

"""Tests of rendering profiles."""

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import profiles

PROFILE = {
    'shared': {'frames': [
        {'name': 'process 1', 'file': ''},
        {'name': 'outer', 'file': '/x/lib/site-packages/webob/dec.py'},
        {'name': 'inner', 'file': '/work/inner.py'}]},
    'profiles': [{
        'samples': [[0], [0, 1], [0, 1, 2], [0, 1, 2, 2]],
        'weights': [5, 1, 2, 1]}],
}


class RenderTestCase(base.TestCase):

    def test_own_and_cumulative_time(self) -> None:
        own, total = profiles.render(PROFILE).split('\n\n')
        self.assertEqual(
            ['  75.0  inner (/work/inner.py)',
             '  25.0  outer (webob/dec.py)'], own.splitlines()[1:])
        self.assertEqual(
            [' 100.0  outer (webob/dec.py)',
             '  75.0  inner (/work/inner.py)'], total.splitlines()[1:])
