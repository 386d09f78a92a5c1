# SPDX-License-Identifier: Apache-2.0

"""The options of TLS of a connection to another service: checks the files
that they name, and tells which option to correct if a request fails."""

from collections.abc import Iterator
import dataclasses
import os
import re
import ssl

from oslo_config import cfg
from urllib3.util import ssl_match_hostname

from nova_images_compat import exception

# OpenSSL's codes of a certificate that fails its verification
# (X509_V_ERR_...): the certificate of its issuer is unknown, it is not valid
# at this time, it is for another host or address.
UNKNOWN_ISSUER = frozenset((2, 18, 19, 20, 21, 27))
WRONG_TIME = frozenset((9, 10))
WRONG_NAME = frozenset((62, 64))

# A certificate that fails its verification. urllib3 compares names itself if
# OpenSSL does not.
REJECTED = (ssl.SSLCertVerificationError, ssl_match_hostname.CertificateError)

# Errors of a connection that ends during TLS; a server that stops causes them.
INTERRUPTED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)

# OpenSSL's names of other errors, and what to do. The first row that matches
# counts.
REASONS = tuple((re.compile(pattern), text) for pattern, text in (
    ('ALERT_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED|'
     'DECRYPT_ERROR)',
     'the server requires a certificate, or rejects ours: correct [{group}] '
     'certfile and keyfile'),
    ('WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE',
     'the server does not speak TLS, but its URL begins with https: correct '
     '{url}'),
    ('PROTOCOL|SECURITY|TOO_SMALL|LEGACY_RENEGOTIATION',
     'the server and OpenSSL here have no version or cipher of TLS in common: '
     'update the server at {url}'),
))


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The options of TLS of an option group.

    :ivar group: the name of the group
    :ivar url: the option that has the server's URL, in an operator's words
    :ivar cafile: the file or directory of the trusted authorities; None: the
        usual ones, or none because servers are not verified
    :ivar certfile: the file of our own certificate, or None
    :ivar keyfile: the file of its key; None: ``certfile`` has it
    :ivar is_plain: whether the URL in the option does without TLS
    """

    group: str
    url: str
    cafile: str | None
    certfile: str | None
    keyfile: str | None
    is_plain: bool

    @classmethod
    def load(
        cls, conf: cfg.ConfigOpts, group: str, url: str,
        address: str | None = None,
    ) -> 'Settings':
        """Return the settings of a group, which has keystoneauth's options of
        a session.

        :param address: the server's URL, if it is known
        """
        options = conf[group]
        has_key = options.certfile and options.keyfile
        return cls(
            group, url, None if options.insecure else options.cafile or None,
            options.certfile or None, options.keyfile if has_key else None,
            (address or '').lower().startswith('http:'))

    def check_at_start(self) -> None:
        """Check the files, unless the server's URL does without TLS: tools of
        deployments also name files that exist only with TLS.

        :raises: ConfigurationError: as ``check``
        """
        if not self.is_plain:
            self.check()

    def check(self) -> None:
        """Check that the files hold certificates and keys.

        :raises: ConfigurationError: they do not, or do not exist
        """
        for name in ('cafile', 'certfile', 'keyfile'):
            path = getattr(self, name)
            if path and not os.access(path, os.R_OK):
                raise exception.ConfigurationError(
                    f'[{self.group}] {name}: there is no file {path} that '
                    'can be read')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            if self.cafile and os.path.isdir(self.cafile):
                context.load_verify_locations(capath=self.cafile)
            elif self.cafile:
                context.load_verify_locations(self.cafile)
        except OSError as error:
            raise exception.ConfigurationError(
                f'[{self.group}] cafile: {self.cafile}: {error}') from error
        try:
            if self.certfile:
                # Without a password, OpenSSL would ask the terminal for one.
                context.load_cert_chain(
                    self.certfile, self.keyfile, password='')
        except OSError as error:
            files = ', '.join(filter(None, (self.certfile, self.keyfile)))
            raise exception.ConfigurationError(
                f'[{self.group}] certfile, keyfile: {files}: {error}'
            ) from error

    def explain(self, error: BaseException) -> str | None:
        """Return why TLS does not work and which option to correct, as one
        line; None: the error has another reason, or a passing one.

        :param error: what a request raised
        """
        causes = tuple(_causes(error))
        if not any(map(_is_of_tls, causes)):
            return None
        try:
            self.check()
        except exception.ConfigurationError as wrong:
            return str(wrong)
        return next(filter(None, map(self._explain, causes)), None)

    def _explain(self, error: BaseException) -> str | None:
        if isinstance(error, REJECTED):
            return self._reject(
                getattr(error, 'verify_code', min(WRONG_NAME)),
                getattr(error, 'verify_message', str(error)))
        if not isinstance(error, ssl.SSLError) or (
                isinstance(error, INTERRUPTED)):
            return None
        return next((
            f'{text.format(group=self.group, url=self.url)} ({error.reason})'
            for pattern, text in REASONS
            if pattern.search(error.reason or '')), None)

    def _reject(self, code: int, message: str) -> str:
        """Return why the server's certificate is rejected.

        :param code: OpenSSL's, of its verification
        :param message: OpenSSL's
        """
        if code in UNKNOWN_ISSUER:
            text = ("unknown authority of the server's certificate: set "
                    f'[{self.group}] cafile to the file of this authority')
        elif code in WRONG_NAME:
            text = ("the server's certificate is for another name: correct "
                    f'{self.url}, or the certificate')
        elif code in WRONG_TIME:
            text = ("the server's certificate, or one in "
                    f'[{self.group}] cafile, is not valid now: renew it')
        else:
            text = ("the server's certificate, or one in "
                    f'[{self.group}] cafile, is not valid')
        return f'{text} ({message.rstrip(".")})'


def _is_of_tls(error: BaseException) -> bool:
    """Say whether an error is one of TLS, or of a file. requests raises an
    OSError without a number for a file that does not exist.
    """
    return type(error) is OSError and error.errno is None or isinstance(
        error, (ssl.SSLError, *REJECTED, FileNotFoundError, PermissionError))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return an error, and those that led to it. urllib3 and requests hand
    them on as arguments, too.
    """
    found = [error]
    for each in found:
        yield each
        for other in (each.__cause__, each.__context__,
                      getattr(each, 'reason', None), *each.args):
            if isinstance(other, BaseException) and not any(
                    other is known for known in found):
                found.append(other)
