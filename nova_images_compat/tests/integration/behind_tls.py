# SPDX-License-Identifier: Apache-2.0

"""Tests with web servers that end TLS in front of Keystone and Glance."""

from collections.abc import Mapping
import datetime
import os
import tempfile
from typing import Any

from nova_images_compat.tests import certificates
from nova_images_compat.tests.integration import doors
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests import relay

UNAVAILABLE = {'serviceUnavailable': 503}
REDIRECTS = (301, 302, 307, 308)

# How each door that is not right fails, and what the log tells. "GROUP" is
# the option group, "OPTION" the option with the URL.
PROBLEMS = {
    'foreign': "unknown authority of the server's certificate: set [GROUP] "
               'cafile to the file of this authority',
    'renamed': "the server's certificate is for another name: correct OPTION",
    'expired': "the server's certificate, or one in [GROUP] cafile, is not "
               'valid now: renew it',
    'strict': 'the server requires a certificate, or rejects ours: correct '
              '[GROUP] certfile and keyfile',
    'plain': 'the server does not speak TLS, but its URL begins with https: '
             'correct OPTION',
}


class TLSTestCase(operations.OperationsTestCase):
    """Tests with HAProxy in front of Keystone and Glance.

    :cvar authority: issues the certificates of the servers and clients
    :cvar stranger: another one
    :cvar client: the options of our certificate
    :cvar ports: the ports of HAProxy: of "keystone" and "glance", with the
        names of ``PROBLEMS``
    :cvar relays: lead to Keystone and Glance, through the door that a test
        selects
    """

    authority: certificates.Authority
    stranger: certificates.Authority
    client: dict[str, str]
    ports: Mapping[str, int]
    relays: Mapping[str, relay.Relay]
    _tokens: dict[str, str]

    @classmethod
    def start_servers(cls) -> None:
        cls.authority, cls.stranger = (
            certificates.Authority(
                tempfile.mkdtemp(dir=cls.stack.directory), name)
            for name in ('authority', 'stranger'))
        certificate, key = cls.authority.issue('client')
        cls.client = {'certfile': certificate, 'keyfile': key}
        found: dict[str, doors.Door] = {}
        for name, target in (('keystone', cls.stack.identity_url),
                             ('glance', cls.stack.image_url)):
            found |= {f'{name}-{kind}': door for kind, door in cls.doors(
                target).items()}
        haproxy = cls.start(doors.HAProxy(
            cls.account, cls.stack, f'{cls.__name__}-haproxy', found))
        cls.ports = haproxy.ports
        cls.relays = {
            name: cls.start(relay.Relay(
                process.HOST, cls.ports[f'{name}-right']))
            for name in ('keystone', 'glance')}

    @classmethod
    def doors(cls, target: str) -> dict[str, doors.Door]:
        """Return the doors in front of a server."""
        own, foreign = cls.authority.file, cls.stranger.file
        return {
            'right': doors.Door(target, cls.authority.issue('right'), own),
            'foreign': doors.Door(target, cls.stranger.issue('foreign')),
            'renamed': doors.Door(
                target, cls.authority.issue('renamed', 'x.example')),
            'expired': doors.Door(target, cls.authority.issue(
                'expired', lifetime=-datetime.timedelta(hours=1))),
            'strict': doors.Door(
                target, cls.authority.issue('strict'), foreign),
            'plain': doors.Door(target),
            **{f'redirect-{status}': doors.Door(target, redirect=status)
               for status in REDIRECTS}}

    @classmethod
    def new_region(cls, service_type: str, interface: str, url: str) -> str:
        """Return the name of a region in which a service has this URL."""
        return cls.start(identity.Region(
            cls.stack, f'{cls.__name__}-{os.getpid()}-{service_type}',
            service_type, interface, url)).name

    def setUp(self) -> None:
        super().setUp()
        self._tokens = {}
        for name in self.relays:
            self.addCleanup(self.select, name, 'right')

    def token(self, user: str) -> str:
        """Return a token whose catalogue has the regions of the class."""
        if user not in self._tokens:
            self._tokens[user] = identity.get_token(self.stack, user)
        return self._tokens[user]

    def forget_tokens(self) -> None:
        """Get new tokens, which no service has validated yet."""
        self._tokens = {}

    @classmethod
    def url(cls, name: str, scheme: str = 'https') -> str:
        """Return the URL of a relay."""
        host, port = cls.relays[name].address
        return f'{scheme}://{host}:{port}'

    def select(self, name: str, door: str) -> None:
        """Let a relay lead to a door."""
        self.relays[name].server = (
            process.HOST, self.ports[f'{name}-{door}'])

    def assertTold(
        self, server: uwsgi.Server, told: str, method: str = 'GET',
        path: str = '/v2.1/images', **kwargs: Any,
    ) -> None:
        """Check that a request gets a 503, and that one line of the log, with
        the ID of the request, tells which option is wrong.
        """
        self.forget_tokens()
        with open(server.log) as log:
            log.seek(0, os.SEEK_END)
            response = self.request(server.url, method, path, **kwargs)
            lines = [line for line in log if '[' in line and told in line]
        self.assertFault(response, **UNAVAILABLE)
        [line] = lines
        self.assertIn(' ERROR ', line)
        self.assertIn(response.headers['X-OpenStack-Request-ID'], line)
