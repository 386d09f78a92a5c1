# SPDX-License-Identifier: Apache-2.0

"""The report as a page, in a real browser, with a large number of counts."""

import datetime
import pathlib
import unittest

from nova_images_compat.db import engine as db_engine
from nova_images_compat.tests.functional import browser
from nova_images_compat.tests.unit.cmd import manage_case
from nova_images_compat.usage import ledger

DAYS = 400
AGENTS = 5000
# Bytes that each mail server takes.
MAX_SIZE = 1_000_000

HOSTILE = (
    '<script>document.title = "hacked"</script>',
    '</style><img src="http://127.0.0.1:1/agent" onerror="alert(1)">',
    '\u202egnorw', 'w' * 200)

PAPER = 'getComputedStyle(document.body).backgroundColor'
INK = 'getComputedStyle(document.body).color'
AREA = "getComputedStyle(document.querySelector('#client-0 path')).fill"
OVERFLOW = ('document.documentElement.scrollWidth'
            ' - document.documentElement.clientWidth')


def counts() -> dict[ledger.Call, int]:
    """Return counts of ``DAYS`` days and ``AGENTS`` user agents."""
    today = datetime.datetime.now(datetime.UTC).date()
    agents = [*HOSTILE, *(
        f'{name}/{number}.0' for number in range(AGENTS // 10)
        for name in ('libcloud', 'gophercloud', 'fog-core', 'curl', 'jclouds',
                     'openstacksdk', 'nodejs-pkgcloud', 'Terraform',
                     'inventory', 'backup'))][:AGENTS]
    return {
        ledger.Call(
            today - datetime.timedelta(days=number % DAYS + round_ * 7),
            f'project-{number % 300}', agent, 'images:detail', '2.1'):
        number % 90 + 1
        for round_ in range(3) for number, agent in enumerate(agents)}


@unittest.skipUnless(
    browser.BROWSER and browser.DRIVER,
    "needs Debian's chromium and chromium-driver")
class PageInABrowser(manage_case.ManageTestCase):

    options = {'usage_counts': {'enabled': True}}

    def setUp(self) -> None:
        super().setUp()
        self.sync()
        with db_engine.Database(
                self.configuration.conf).writer() as connection:
            ledger.add(connection, counts())
        self.page = pathlib.Path(self.configuration.directory) / 'page.html'
        self.succeed('usage', 'report', '--format', 'html',
                     '--output', str(self.page))
        self.browser = self.useFixture(browser.Browser())

    def test_page(self) -> None:
        self.assertLess(self.page.stat().st_size, MAX_SIZE)
        self.browser.show()
        self.browser.open(self.page)
        self._is_inert()
        self._has_two_colour_schemes()
        self._fits_each_width()
        self._prints()
        self.assertEqual([], self.browser.console())
        self.assertEqual([self.page.as_uri()], self.browser.requests())

    def _is_inert(self) -> None:
        for expression, expected in (
                ('document.title', 'Calls of the images API'),
                ('document.scripts.length', 0),
                ("document.querySelectorAll('img, iframe, object').length", 0),
                ("document.querySelectorAll('details').length", 2),
                ("document.querySelectorAll('.chart svg text').length > 5",
                 True),
                ("document.querySelectorAll('h2 ~ p.rest')[0].innerText",
                 '4,700 more, which called earlier, are not listed.')):
            with self.case(expression):
                self.assertEqual(expected, self.browser.value(expression))

    def _has_two_colour_schemes(self) -> None:
        """The page is dark where the reader's system is, but not on paper."""
        seen = {}
        for scheme, media in (('light', 'screen'), ('dark', 'screen'),
                              ('dark', 'print')):
            self.browser.show(scheme=scheme, media=media)
            seen[scheme, media] = [
                self.browser.value(of) for of in (PAPER, INK, AREA)]
        light = seen['light', 'screen']
        self.assertEqual('rgb(255, 255, 255)', light[0])
        for old, new in zip(light, seen['dark', 'screen']):
            with self.case(old, new):
                self.assertNotEqual(old, new)
        self.assertEqual(
            ['rgb(255, 255, 255)', 'rgb(0, 0, 0)', light[2]],
            seen['dark', 'print'])

    def _fits_each_width(self) -> None:
        for width in (320, 360, 768, 1200, 2560):
            with self.case(width):
                self.browser.show(width)
                self.assertEqual(0, self.browser.value(OVERFLOW))
                self.assertTrue(self.browser.screenshot().startswith(
                    b'\x89PNG'))

    def _prints(self) -> None:
        self.browser.show(media='print')
        self.assertTrue(self.browser.pdf().startswith(b'%PDF'))
