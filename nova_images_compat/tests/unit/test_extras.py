# SPDX-License-Identifier: Apache-2.0

"""Tests of the check that an extra is installed."""

from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers


class CheckTest(helpers.TestCase):

    def refusal(self, **versions: str | None) -> str:
        with own_fixtures.Installed(versions):
            error = self.assertRaises(
                exception.MissingExtra, extras.check, extras.DATABASE,
                'the option')
        return str(error)

    def test_everything_is_there(self) -> None:
        for name in (
                extras.DATABASE, extras.REPORT, extras.SERVER,
                extras.TOKEN_CACHE, extras.TOKEN_ENCRYPTION):
            with self.case(name):
                extras.check(name, 'the option')

    def test_a_package_that_is_missing(self) -> None:
        said = self.refusal(tqdm=None)
        self.assertRegex(
            said, r'^the option needs tqdm>=[0-9.]+; install '
            r'nova-images-compat\[database\]$')

    def test_a_package_that_is_too_old(self) -> None:
        self.assertRegex(
            self.refusal(SQLAlchemy='1.4.51'),
            r'needs SQLAlchemy>=2[0-9.]+ \(installed: 1\.4\.51\); install '
            r'nova-images-compat\[database\] in a new environment: ')

    def test_several(self) -> None:
        said = self.refusal(SQLAlchemy='1.4.51', alembic=None)
        for name in ('SQLAlchemy', 'alembic'):
            with self.case(name):
                self.assertIn(name, said)

    def test_what_another_extra_needs_does_not_matter(self) -> None:
        with own_fixtures.Installed({'waitress': None}):
            extras.check(extras.DATABASE, 'the option')

    def test_a_prerelease_will_do(self) -> None:
        with own_fixtures.Installed({'SQLAlchemy': '2.1.0b1'}):
            extras.check(extras.DATABASE, 'the option')
