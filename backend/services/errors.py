"""What a use case may refuse; each class has one stable code.

Raised by services and by nothing else. Which HTTP status a class becomes is `backend/errors.py`'s business.
"""

from __future__ import annotations


class ServiceError(Exception):
    """A use case refuses. `detail` is a sentence that a person can act on."""

    code = "service-error"

    def __init__(self, detail: str, **extras: object) -> None:
        super().__init__(detail)
        self.extras = extras


class InputInvalid(ServiceError):
    """What was sent does not make sense."""

    code = "input-invalid"


class NotFound(ServiceError):
    """There is no such thing, or the caller may not know of it."""

    code = "not-found"


class Unauthenticated(ServiceError):
    """No valid token. A client clears nothing because of it."""

    code = "token-invalid"


class TokenExpired(Unauthenticated):
    code = "token-expired"


class TokenRevoked(Unauthenticated):
    code = "token-revoked"


class LoginFailed(ServiceError):
    code = "login-failed"


class NotAllowed(ServiceError):
    """The caller is known, and may not."""

    code = "not-allowed"


class AlreadyExists(ServiceError):
    code = "already-exists"


class InviteInvalid(ServiceError):
    """The enrolment code is unknown, used by another install, or past its time."""

    code = "invite-invalid"


class LinkInvalid(ServiceError):
    """A one-time link is unknown, or not good any more."""

    code = "link-invalid"


class TooLarge(ServiceError):
    code = "too-large"


class StorageFull(ServiceError):
    """The disk is full; nothing was acknowledged."""

    code = "storage-full"
