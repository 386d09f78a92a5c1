# SPDX-License-Identifier: Apache-2.0

"""Tests of the errors."""

from nova_images_compat import exception
from nova_images_compat.tests import base


class APIErrorTest(base.TestCase):

    def test_values_are_put_into_the_message(self) -> None:
        error = exception.InvalidParameter(
            name='marker', value='100%s', reason='50% off.')
        self.assertEqual(
            'Invalid input for query parameters marker. Value: 100%s. '
            '50% off.', error.message)
        self.assertEqual(error.message, str(error))

    def test_an_error_without_values_tells_nothing_of_the_inside(
        self,
    ) -> None:
        error = exception.APIError()
        self.assertEqual(500, error.code)
        self.assertNotIn('%', error.message)
        self.assertEqual({}, error.headers)

    def test_unavailable_store_says_when_to_try_again(self) -> None:
        error = exception.ImageStoreUnavailable(retry_after=7)
        self.assertEqual(503, error.code)
        self.assertEqual({'Retry-After': '7'}, error.headers)

    def test_errors_have_the_status_of_what_they_are_a_kind_of(self) -> None:
        for kind, code in (
                (exception.ValidationError, 400),
                (exception.ReservedMetadataKey, 400),
                (exception.PolicyNotAuthorized, 403),
                (exception.MetadataLimitExceeded, 403),
                (exception.MetadataKeyNotFound, 404),
                (exception.VersionNotSupported, 406),
                (exception.UnsupportedContentType, 415)):
            with self.case(kind.__name__):
                self.assertEqual(code, kind.code)


class OperatorErrorTest(base.TestCase):

    def test_text_is_one_line(self) -> None:
        error = exception.ConfigurationError(
            ValueError('first\n  second\r\n\tthird'))
        self.assertEqual('first second third', str(error))

    def test_clients_are_never_told(self) -> None:
        self.assertNotIsInstance(
            exception.DatabaseNotReady('x'), exception.APIError)
