# SPDX-License-Identifier: Apache-2.0

"""The exceptions of the service: errors of the API with their HTTP statuses
and messages, errors that the operator must fix, and bugs."""


class APIError(Exception):
    """An error that the API returns to its caller, as a fault.

    :cvar code: the HTTP status
    :cvar message_format: the fault's message; the constructor's keyword
        arguments fill it in
    """

    code = 500
    message_format = (
        'The server has either erred or is incapable of performing the '
        'requested operation.')

    def __init__(self, **values: object) -> None:
        self.message = self.message_format % values if values else (
            self.message_format)
        super().__init__(self.message)

    @property
    def headers(self) -> dict[str, str]:
        """The response headers of the fault."""
        return {}


class BadRequest(APIError):
    code = 400
    message_format = '%(reason)s'


class ValidationError(BadRequest):
    """A body or a query string does not match its JSON schema."""


class MalformedRequestBody(BadRequest):
    message_format = 'Malformed request body'


class InvalidParameter(BadRequest):
    message_format = (
        "Invalid input for query parameters %(name)s. Value: %(value)s. "
        "%(reason)s")


class ReservedMetadataKey(BadRequest):
    """A metadata key is the name of an attribute of images."""

    message_format = (
        "Invalid metadata key '%(key)s': it is the name of an attribute of "
        "the image, which image metadata cannot change.")


class MetadataRejected(BadRequest):
    """The image store rejects metadata."""

    message_format = 'The image store rejects the metadata: %(reason)s'


class InvalidVersionString(BadRequest):
    message_format = (
        'API Version String %(version)s is of invalid format. Must be of '
        'format MajorNum.MinorNum.')


class ProjectMismatch(BadRequest):
    message_format = (
        "Malformed request URL: URL's project_id '%(url)s' doesn't match "
        "Context's project_id '%(context)s'")


class Unauthorized(APIError):
    code = 401
    message_format = 'The request you have made requires authentication.'


class Forbidden(APIError):
    code = 403
    message_format = '%(reason)s'


class PolicyNotAuthorized(Forbidden):
    message_format = "Policy doesn't allow %(rule)s to be performed."


class ImageNotAuthorized(Forbidden):
    message_format = 'Not authorized for image %(image_id)s.'


class ImageDeleteNotAuthorized(Forbidden):
    message_format = 'You are not allowed to delete the image.'


class ListNotAuthorized(Forbidden):
    message_format = 'Not authorized to list images.'


class MetadataLimitExceeded(Forbidden):
    message_format = 'Image metadata limit exceeded'


class NotFound(APIError):
    code = 404
    message_format = 'The resource could not be found.'


class ImageNotFound(NotFound):
    message_format = 'Image not found.'


class MetadataKeyNotFound(NotFound):
    message_format = 'Invalid metadata key'


class VersionNotSupported(APIError):
    code = 406
    message_format = (
        'Version %(version)s is not supported by the API. Minimum is '
        '%(minimum)s and maximum is %(maximum)s.')


class Conflict(APIError):
    code = 409


class ImageInUse(Conflict):
    message_format = 'The image is in use and cannot be deleted.'


class MetadataConflict(Conflict):
    message_format = (
        'Another request changed the metadata of the image at the same time. '
        'Try again.')


class UnsupportedContentType(APIError):
    code = 415
    message_format = 'Unsupported Content-Type'


class BadGateway(APIError):
    code = 502
    message_format = 'The image store returned an invalid response.'


class Unavailable(APIError):
    """A service that this one needs is not available.

    :param retry_after: seconds until a client should try again
    """

    code = 503

    def __init__(self, retry_after: int = 10) -> None:
        super().__init__()
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {'Retry-After': str(self.retry_after)}


class ImageStoreUnavailable(Unavailable):
    message_format = 'The image store is not available. Try again later.'


class ImageStoreMisconfigured(ImageStoreUnavailable):
    """No request to a server of the image store succeeds until the operator
    corrects its URL or its certificates.
    """


class Unanswered(ImageStoreUnavailable):
    """The image store did not answer a request that it may have carried out.
    """


class IdentityUnavailable(Unavailable):
    message_format = 'The Identity service is not available. Try again later.'


class LockUnavailable(Unavailable):
    message_format = 'The image cannot be locked. Try again later.'


class OperatorError(Exception):
    """An error that the operator must fix; its text is one line.

    It ends a command with exit status 1, and clients never see it.
    """

    def __init__(self, message: object) -> None:
        super().__init__(' '.join(str(message).split()))


class ConfigurationError(OperatorError):
    """The service cannot start with its configuration."""


class MissingExtra(ConfigurationError):
    """A package that an extra installs is missing, or too old."""


class ConnectionMisconfigured(OperatorError):
    """The URL or the certificates of a connection to another service are
    wrong.
    """


class DatabaseNotReady(OperatorError):
    """The service's database is missing, unreachable or not migrated."""


class DatabaseUnreachable(DatabaseNotReady):
    """The service's database is unreachable."""


class CommandError(OperatorError):
    """A command cannot do what its arguments say."""


class InvalidImageRecord(CommandError):
    """The catalogue cannot store an image that a command gives it."""


class Bug(Exception):
    """A bug in this service: it becomes a 500, and the log has its traceback.
    """


class UnexpectedError(Bug):
    """An operation failed with a status that its decorators do not declare."""


class InvalidResponse(Bug):
    """A response does not match its JSON schema."""


class CheckWarning(OperatorError):
    """An upgrade check that ends with a warning."""


class CheckFailed(OperatorError):
    """An upgrade check that fails."""


def reason(error: Exception) -> str:
    """Return what went wrong, as one line for an operator.

    The message of an APIError is for the callers of the API, so its cause is
    preferred.
    """
    cause = error.__cause__ if isinstance(error, APIError) else None
    found = cause or error
    return ' '.join((str(found) or repr(found)).split())
