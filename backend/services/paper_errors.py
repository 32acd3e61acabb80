"""What the services of papers refuse."""

from __future__ import annotations

from backend.services.errors import NotAllowed, ServiceError


class PaperNotOffered(ServiceError):
    """A kind of paper that is not made here; `reason` says why, in each language."""

    code = "paper-not-offered"


class NotTheIssuer(NotAllowed):
    """Only people of an office that issues this kind of paper may do this."""

    code = "not-the-issuer"


class PaperSettled(ServiceError):
    """The paper was issued or revoked; a draft only can be changed, an issued one only revoked."""

    code = "paper-settled"
