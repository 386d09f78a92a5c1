# SPDX-License-Identifier: Apache-2.0

"""Tests of TLS with the Image service, with real servers."""

import datetime
import os
import shutil
import ssl
from typing import Any

from cryptography.hazmat.primitives import serialization
import fixtures

from nova_images_compat import exception
from nova_images_compat.image.glance import transport
from nova_images_compat.tests import certificates
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests.unit.image.glance import server_case

PATH = glance_case.PATH
FORMAT = '%(levelname)s %(message)s'
# The name of the file of an authority in a directory: OpenSSL's hash of the
# subject "CN = authority".
HASHED_NAME = 'aabdaf6b.0'
UNKNOWN_AUTHORITY = (
    "unknown authority of the server's certificate: set "
    r'\[glance\] cafile to the file')


class TLSTest(server_case.TestCase):
    """The certificates that ``[glance]`` names."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.authority = certificates.Authority(self.directory)
        other = self.useFixture(fixtures.TempDir()).path
        self.other = certificates.Authority(other, 'other')

    def listen(
        self, wants_client: bool = False,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **certificate: Any,
    ) -> str:
        context = self.authority.server_context(wants_client, **certificate)
        context.maximum_version = version
        return server_case.root(self.serve(tls=context), 'https')

    def read(self, path: str) -> str:
        with open(path, encoding='ascii') as file:
            return file.read()

    def write_to(self, path: str, content: str) -> None:
        with open(path, 'w', encoding='ascii') as file:
            file.write(content)

    def assert_not_sent(
        self, root: str, why: str, method: str = 'GET', **glance: Any,
    ) -> None:
        """Check that one line of the log says why a request fails."""
        log = self.useFixture(
            fixtures.FakeLogger('nova_images_compat', format=FORMAT))
        made = self.make(root, num_retries=3, **glance)
        self.assertRaises(
            exception.ImageStoreMisconfigured, made.call,
            glance_case.caller(), method, PATH)
        self.assertRegex(
            log.output, f'^ERROR The Image service at {root} cannot be used '
            rf'\({method} .*: {why}.*\n$')

    def test_cafile(self) -> None:
        root = self.listen()
        self.assertEqual(b'{}', self.get(root, cafile=self.authority.file))
        self.assert_not_sent(
            root, UNKNOWN_AUTHORITY, cafile=self.other.file)

    def test_directory_of_authorities(self) -> None:
        root = self.listen()
        directory = self.useFixture(fixtures.TempDir()).path
        self.assert_not_sent(root, UNKNOWN_AUTHORITY, cafile=directory)
        shutil.copy(
            self.authority.file, os.path.join(directory, HASHED_NAME))
        self.assertEqual(b'{}', self.get(root, cafile=directory))

    def test_usual_authorities(self) -> None:
        self.assert_not_sent(self.listen(), UNKNOWN_AUTHORITY)

    def test_authorities_of_the_environment(self) -> None:
        root = self.listen()
        for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
            with self.case(name), fixtures.EnvironmentVariable(
                    name, self.authority.file):
                self.assertEqual(b'{}', self.get(root))

    def test_insecure(self) -> None:
        root = self.listen()
        for cafile in (self.other.file, '/no/such/file'):
            with self.case(cafile):
                self.assertEqual(
                    b'{}', self.get(root, cafile=cafile, insecure=True))

    def test_name_that_is_not_the_certificates(self) -> None:
        why = ("the server's certificate is for another name: correct "
               r'\[glance\] endpoint_override')
        trusted = {'cafile': self.authority.file}
        self.assert_not_sent(
            self.listen().replace('127.0.0.1', 'localhost'), why, **trusted)
        self.assert_not_sent(
            self.listen(host='image.example'), why, **trusted)

    def test_certificate_that_has_expired(self) -> None:
        self.assert_not_sent(
            self.listen(lifetime=datetime.timedelta(hours=-1)),
            "the server's certificate, or one in .* is not valid now: renew",
            cafile=self.authority.file)

    def test_certificate_of_our_own(self) -> None:
        root = self.listen(wants_client=True)
        trusted = {'cafile': self.authority.file}
        certificate, key = self.authority.issue('client')
        both = os.path.join(self.directory, 'both.pem')
        with open(both, 'w', encoding='ascii') as file:
            for part in (certificate, key):
                with open(part, encoding='ascii') as source:
                    file.write(source.read())
        for options in ({'certfile': certificate, 'keyfile': key},
                        {'certfile': both}):
            with self.case(options):
                self.assertEqual(
                    b'{}', self.get(root, **trusted, **options))

    def test_certificate_that_the_server_rejects(self) -> None:
        trusted = {'cafile': self.authority.file}
        certificate, key = self.other.issue('stranger')
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            root = self.listen(wants_client=True, version=version)
            for options in ({}, {'certfile': certificate, 'keyfile': key}):
                for method in ('GET', 'DELETE'):
                    with self.case(version, options, method):
                        self.assert_not_sent(
                            root, 'the server requires a certificate, or '
                            r'rejects ours: correct \[glance\] certfile',
                            method, **trusted, **options)

    def test_server_without_tls(self) -> None:
        http_server = self.serve()
        self.assert_not_sent(
            server_case.root(http_server, 'https'),
            'the server does not speak TLS, but its URL begins with https: '
            r'correct \[glance\] endpoint_override')
        self.assertEqual([], http_server.requests)

    def test_file_without_a_certificate(self) -> None:
        file = self.write('file', 'nothing')
        certificate, key = self.authority.issue('client')
        for options, told in (
                ({'cafile': file}, 'cafile: ' + file),
                ({'certfile': file, 'keyfile': key}, 'certfile, keyfile: '),
                ({'certfile': certificate, 'keyfile': file},
                 'certfile, keyfile: '),
                ({'certfile': certificate}, 'certfile, keyfile: '),
                ({'cafile': '/no/such'}, 'cafile: there is no file /no/such'),
                ({'certfile': '/no/such', 'keyfile': key},
                 'certfile: there is no file /no/such'),
                ({'certfile': certificate, 'keyfile': '/no/such'},
                 'keyfile: there is no file /no/such')):
            with self.case(options):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    'https://image.example', **options)
                self.assertIn(f'[glance] {told}', str(error))

    def test_key_with_a_password(self) -> None:
        """OpenSSL would ask the terminal for it."""
        certificate, key = self.authority.issue('client')
        locked = serialization.load_pem_private_key(
            self.read(key).encode(), None).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b'password'))
        self.write_to(key, locked.decode())
        error = self.assertRaises(
            exception.ConfigurationError, self.make, 'https://image.example',
            certfile=certificate, keyfile=key)
        self.assertIn('[glance] certfile, keyfile: ', str(error))

    def test_files_that_become_wrong(self) -> None:
        certificate, key = self.authority.issue('client')
        _, another_key = self.authority.issue('another')
        trusted = self.write('trusted', self.read(self.authority.file))
        root = self.listen(wants_client=True)
        made = self.make(root, cafile=trusted, certfile=certificate,
                         keyfile=key)
        for path, content, told in (
                (trusted, '', 'cafile: '), (trusted, None, 'cafile: '),
                (key, self.read(another_key), 'certfile, keyfile: '),
                (key, None, 'keyfile: '), (certificate, None, 'certfile: ')):
            with self.case(path, content):
                original = self.read(path)
                os.remove(path)
                if content is not None:
                    self.write_to(path, content)
                error = self.assertRaises(
                    exception.ImageStoreMisconfigured, made.call,
                    glance_case.caller(), 'GET', PATH)
                self.assertIn(f'[glance] {told}', str(error.__cause__))
                self.write_to(path, original)
        self.assertEqual(
            200, made.call(glance_case.caller(), 'GET', PATH).status)

    def test_renewed_certificates_need_no_restart(self) -> None:
        trusted = os.path.join(self.directory, 'trusted.pem')
        made = transport.Transport(self.configure({'glance': {
            'endpoint_override': 'https://image.example',
            'cafile': shutil.copy(self.authority.file, trusted)}}))
        for authority in (self.authority, self.other):
            with self.case(authority.file):
                shutil.copy(authority.file, trusted)
                root = server_case.root(self.serve(
                    tls=authority.server_context()), 'https')
                self.assertEqual(200, made.send(
                    glance_case.caller(), root, 'GET', PATH, 5).status)

    def test_proxy_with_tls(self) -> None:
        proxy = self.serve(tls=self.authority.server_context())
        self.useFixture(fixtures.EnvironmentVariable(
            'http_proxy', server_case.root(proxy, 'https')))
        for options in ({'cafile': self.authority.file}, {'insecure': True}):
            with self.case(options):
                self.assertEqual(
                    b'{}', self.get('http://image.example', **options))
        self.assert_not_sent(
            'http://image.example', UNKNOWN_AUTHORITY,
            cafile=self.other.file)
