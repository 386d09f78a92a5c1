# SPDX-License-Identifier: Apache-2.0

"""Looks at built pages with Chromium: on a phone and a desktop, light and
dark.

A page must not be wider than the window, tables must be readable, and text
must differ from its background. ``check_pages.js`` decides that.
"""

import argparse
import base64
from collections.abc import Iterator
import pathlib
import shutil
import sys

from selenium import webdriver

# Devices, with the width of the window in CSS pixels.
WIDTHS = {'phone': 360, 'desktop': 1280}
HEIGHT = 800
SCHEMES = ('light', 'dark')
SCRIPT = pathlib.Path(__file__).with_suffix('.js')


def main() -> int:
    """Print what is wrong with each page, and return the exit status."""
    parser = argparse.ArgumentParser(description='Look at built pages.')
    parser.add_argument(
        'top', type=pathlib.Path, help='directory of the built pages')
    parser.add_argument(
        '--screenshots', type=pathlib.Path, metavar='DIRECTORY',
        help='also write pictures of the pages into this directory')
    arguments = parser.parse_args()
    browser, driver = shutil.which('chromium'), shutil.which('chromedriver')
    if not browser or not driver:
        print(f'{parser.prog} is skipped: install Chromium and its driver '
              '(Debian: apt-get install chromium chromium-driver)')
        return 0
    top = arguments.top.resolve()
    pages = sorted(top.rglob('*.html'))
    script = SCRIPT.read_text('utf-8')
    problems = 0
    with _start(browser, driver) as window:
        for page in pages:
            window.get(page.as_uri())
            name = str(page.relative_to(top))
            for view in _views(window):
                if arguments.screenshots:
                    _take_picture(window, arguments.screenshots / (
                        f'{name.replace("/", "_")}-{view}.png'))
                for problem in window.execute_script(script):
                    print(f'{name} ({view}) {problem}')
                    problems += 1
    print(f'{len(pages)} pages, {problems} problems')
    return 1 if problems or not pages else 0


def _start(browser: str, driver: str) -> webdriver.Chrome:
    """Start a browser that asks nothing of the network.

    :param browser: the path of Chromium
    :param driver: the path of its driver
    """
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    # Without the sandbox, Chromium also works for root.
    for argument in ('headless=new', 'no-sandbox', 'disable-dev-shm-usage',
                     'hide-scrollbars', 'host-resolver-rules=MAP * ~NOTFOUND'):
        options.add_argument(f'--{argument}')
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


def _views(window: webdriver.Chrome) -> Iterator[str]:
    """Show the page on each device in each scheme, and yield their names."""
    for device, width in WIDTHS.items():
        window.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': HEIGHT, 'deviceScaleFactor': 1,
            'mobile': device == 'phone'})
        for scheme in SCHEMES:
            window.execute_cdp_cmd('Emulation.setEmulatedMedia', {
                'features': [
                    {'name': 'prefers-color-scheme', 'value': scheme}]})
            yield f'{device}-{scheme}'


def _take_picture(window: webdriver.Chrome, path: pathlib.Path) -> None:
    """Write a picture of the whole page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = window.execute_cdp_cmd(
        'Page.captureScreenshot', {'captureBeyondViewport': True})
    path.write_bytes(base64.b64decode(answer['data']))


if __name__ == '__main__':
    sys.exit(main())
