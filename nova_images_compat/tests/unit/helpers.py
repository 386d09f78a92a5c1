# SPDX-License-Identifier: Apache-2.0

"""Helpers of the unit tests."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import logging
import os
import subprocess
import sys
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_log import formatters
import webob

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat.conf import reader
from nova_images_compat.tests import base
from nova_images_compat.tests import fixtures as own_fixtures

REQUEST_ID = r'req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'


class Endpoint:
    """A WSGI application that records its requests.

    :param response: what it answers
    :param error: what it raises instead
    """

    def __init__(
        self, response: webob.Response | None = None,
        error: BaseException | None = None,
    ) -> None:
        self.response = response or webob.Response(text='reached')
        self.error = error
        self.seen: list[dict[str, Any]] = []

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        self.seen.append(environ)
        if self.error:
            raise self.error
        return self.response(environ, start_response)

    @property
    def environ(self) -> dict[str, Any]:
        """The environ of the last request."""
        return self.seen[-1]


class LogLines(logging.Handler):
    """Records log lines as oslo.log formats them, with request IDs."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__()
        self.setFormatter(formatters.ContextFormatter(config=conf))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class TestCase(base.TestCase):

    def configure(
        self, options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> cfg.ConfigOpts:
        return self.useFixture(
            own_fixtures.Configuration(options or {})).conf

    def configuration_of(self, text: str | bytes) -> str:
        """Write a configuration file, and return its path."""
        return self.write('written.conf', text)

    def load_text(self, text: str | bytes) -> cfg.ConfigOpts:
        return reader.load(
            ['--config-file', self.configuration_of(text)], environ={})

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file in a directory of its own, and return its path."""
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, name)
        with open(path, 'wb') as file:
            file.write(
                content.encode() if isinstance(content, str) else content)
        return path

    def log_lines(
        self, conf: cfg.ConfigOpts, name: str = 'nova_images_compat',
        level: int = logging.INFO,
    ) -> list[str]:
        """Return a list that receives the lines of a logger from now on."""
        handler = LogLines(conf)
        self.useFixture(fixtures.LogHandler(handler, name, level))
        return handler.lines


def blank(
    path: str, environ: Mapping[str, Any] | None = None, **kwargs: Any,
) -> wsgi.Request:
    """Make a request.

    :param environ: variables of its WSGI environment (WebOb's stubs allow
        none but None)
    """
    variables: Any = dict(environ or {})
    return wsgi.Request.blank(path, environ=variables, **kwargs)


class FilterTestCase(TestCase):
    """A test of one filter in front of an endpoint."""

    factory: Any = None

    def setUp(self) -> None:
        super().setUp()
        self.endpoint = Endpoint()

    def make(
        self, options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> paste.WSGIApplication:
        self.conf = self.configure(options)
        return self.factory({paste.CONF_KEY: self.conf})(self.endpoint)

    def send(
        self, application: Any, path: str = '/v2.1/images',
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None, **kwargs: Any,
    ) -> webob.Response:
        request = blank(path, environ, headers=dict(headers or {}), **kwargs)
        return request.get_response(application)


def count_lines(function: Callable[[], Any]) -> int:
    """Return how many lines of Python a call executes: its cost on any
    machine.
    """
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == 'line'
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def run_python(
    *arguments: str, environ: Mapping[str, str] | None = None,
    **kwargs: Any,
) -> subprocess.CompletedProcess[str]:
    """Run another Python process, and wait for it.

    :param environ: environment variables in addition to this process's
    """
    return subprocess.run(
        [sys.executable, *arguments], text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # eventlet writes a deprecation warning to standard error without it.
        env={**os.environ, 'EVENTLET_TESTS': '1', **(environ or {})},
        check=False, **kwargs)
