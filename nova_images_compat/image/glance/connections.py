# SPDX-License-Identifier: Apache-2.0

"""The connections to the Image service, which all requests share."""

from collections.abc import Mapping
from http import cookiejar
from typing import Any
from urllib import parse

from keystoneauth1 import session as keystone_session
import requests

from nova_images_compat.image.glance import prompt_reads

POOL_SIZE = 64


class _Adapter(prompt_reads.Adapter, keystone_session.TCPKeepAliveAdapter):
    pass


class Connections(requests.Session):
    """A session of requests that sends requests exactly as they are given.

    For each request, requests' own session merges settings of the session and
    of the environment, and reads ``.netrc``, which takes longer than the
    request itself. It also keeps cookies, which must not pass from one caller
    to another. Here, the environment's proxies and certificates are read once
    for each server, and the rest is left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(
            cookiejar.DefaultCookiePolicy(allowed_domains=()))
        self._settings: dict[tuple[Any, ...], dict[str, Any]] = {}
        for scheme in ('http://', 'https://'):
            self.mount(scheme, _Adapter(pool_maxsize=POOL_SIZE))

    def request(  # type: ignore[override]
        self, method: str, url: str, *, headers: Mapping[str, str],
        timeout: Any, verify: Any, stream: bool, cert: Any = None,
        params: Mapping[str, str | int] | None = None,
        data: bytes | None = None, allow_redirects: bool = False,
    ) -> requests.Response:
        """Send a request.

        :param headers: all headers except those of the connection
        :param timeout: seconds to connect, and between two reads
        :raises: requests.exceptions.RequestException
        """
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.prepare_url(url, params)
        prepared.prepare_headers(headers)
        prepared.prepare_cookies({})
        prepared.body = data
        prepared.prepare_content_length(data)
        # The case-insensitive mapping of requests is slow in each layer below.
        prepared.headers = dict(prepared.headers)  # type: ignore[assignment]
        return self.send(
            prepared, timeout=timeout, stream=stream,
            allow_redirects=allow_redirects,
            **self._settings_for(prepared.url or url, verify, cert))

    def _settings_for(
        self, url: str, verify: Any, cert: Any,
    ) -> dict[str, Any]:
        parts = parse.urlsplit(url)
        key = (parts.scheme, parts.netloc, verify, cert)
        if key not in self._settings:
            settings = self.merge_environment_settings(
                url, {}, None, verify, cert)
            self._settings[key] = {
                name: settings[name] for name in ('verify', 'cert', 'proxies')}
        return self._settings[key]
