# SPDX-License-Identifier: Apache-2.0

"""What the tests have in common."""

import warnings

from oslotest import base


class TestCase(base.BaseTestCase):
    """A test in which a warning that our own code causes is an error."""

    def setUp(self) -> None:
        super().setUp()
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.filterwarnings('error', module='nova_images_compat')
