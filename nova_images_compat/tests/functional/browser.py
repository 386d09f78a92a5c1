# SPDX-License-Identifier: Apache-2.0

"""A real browser, headless: Debian's Chromium, driven by Selenium."""

import base64
import json
import pathlib
import shutil
from typing import Any

import fixtures
from selenium import webdriver
from selenium.webdriver.chrome import service as chrome_service

BROWSER = shutil.which('chromium')
DRIVER = shutil.which('chromedriver')

ARGUMENTS = (
    '--headless=new', '--no-sandbox', '--disable-gpu',
    '--disable-dev-shm-usage', '--hide-scrollbars',
    # The browser itself asks its maker for updates and the like.
    '--disable-background-networking', '--disable-component-update',
    '--no-first-run')


class Browser(fixtures.Fixture):
    """A browser, which is closed at the end.

    :ivar driver: Selenium's driver
    """

    driver: webdriver.Chrome

    def _setUp(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER or ''
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {
            'browser': 'ALL', 'performance': 'ALL'})
        self.driver = webdriver.Chrome(
            options, chrome_service.Service(DRIVER))
        self.addCleanup(self.driver.quit)

    def open(self, path: pathlib.Path) -> None:
        """Open a file."""
        self.driver.get(path.as_uri())

    def show(
        self, width: int = 1200, height: int = 900, scheme: str = 'light',
        media: str = 'screen',
    ) -> None:
        """Set the size of the window in pixels, and what the page is shown
        in.

        :param scheme: "light" or "dark"
        :param media: "screen" or "print"
        """
        self._command('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': 1,
            'mobile': False})
        self._command('Emulation.setEmulatedMedia', {
            'media': media, 'features': [
                {'name': 'prefers-color-scheme', 'value': scheme}]})

    def screenshot(self, whole: bool = False) -> bytes:
        """Return a picture of the window or of the whole page, as PNG."""
        return base64.b64decode(self._command(
            'Page.captureScreenshot', {'captureBeyondViewport': whole}
        )['data'])

    def pdf(self) -> bytes:
        """Return what a printer would print."""
        return base64.b64decode(self._command('Page.printToPDF', {})['data'])

    def value(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript in the page."""
        return self._command('Runtime.evaluate', {
            'expression': expression, 'returnByValue': True,
        })['result'].get('value')

    def console(self) -> list[str]:
        """Return the messages on the console since the last call."""
        return [entry['message']
                for entry in self.driver.get_log('browser')]

    def requests(self) -> list[str]:
        """Return the URLs that were requested since the last call."""
        messages = [json.loads(entry['message'])['message']
                    for entry in self.driver.get_log('performance')]
        return [message['params']['request']['url'] for message in messages
                if message['method'] == 'Network.requestWillBeSent']

    def _command(self, name: str, arguments: dict[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(name, arguments)
