# SPDX-License-Identifier: Apache-2.0

"""Certificates for tests of TLS."""

import datetime
import ipaddress
import pathlib
import ssl
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

ADDRESS = '127.0.0.1'
LIFETIME = datetime.timedelta(days=1)


class Authority:
    """A certification authority, and the certificates that it issues.

    :param directory: where the files are written

    :ivar file: its own certificate
    """

    def __init__(self, directory: str, name: str = 'authority') -> None:
        self._directory = pathlib.Path(directory)
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        # Python 3.13 wants both.
        own = self._sign(
            name, self._key, x509.BasicConstraints(True, None),
            x509.KeyUsage(
                key_cert_sign=True, crl_sign=True, digital_signature=False,
                content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False,
                encipher_only=False, decipher_only=False))
        self.file = self._write(f'{name}.pem', own)

    def issue(
        self, name: str, host: str | None = None,
        lifetime: datetime.timedelta = LIFETIME,
    ) -> tuple[str, str]:
        """Issue a certificate, and replace an earlier one of the same name.

        :param host: the host that it is for; None: 127.0.0.1
        :param lifetime: how long it is valid from now on; if negative, it has
            expired
        :returns: the files of the certificate and of its key
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject: x509.GeneralName = x509.DNSName(host) if host else (
            x509.IPAddress(ipaddress.ip_address(ADDRESS)))
        certificate = self._sign(
            name, key, x509.SubjectAlternativeName([subject]),
            lifetime=lifetime)
        return (
            self._write(f'{name}.pem', certificate),
            self._write(f'{name}.key', key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption())))

    def server_context(
        self, wants_client: bool = False, **certificate: Any,
    ) -> ssl.SSLContext:
        """Return the TLS settings of a server.

        :param wants_client: whether clients need a certificate of this
            authority
        :param certificate: arguments of ``issue``
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue('server', **certificate))
        if wants_client:
            context.load_verify_locations(self.file)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _sign(
        self, name: str, key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        lifetime: datetime.timedelta = LIFETIME,
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(
            issuer_name=_name(self._name), subject_name=_name(name),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - 2 * LIFETIME,
            not_valid_after=now + lifetime)
        authority = self._key.public_key()
        for extension in (
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority),
                *extensions):
            builder = builder.add_extension(
                extension, critical=isinstance(
                    extension, x509.BasicConstraints | x509.KeyUsage))
        return builder.sign(self._key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM)

    def _write(self, name: str, content: bytes) -> str:
        path = self._directory / name
        path.write_bytes(content)
        return str(path)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, name)])
