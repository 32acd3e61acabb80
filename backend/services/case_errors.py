"""Why a step of a finding's case is refused; each class has one stable code."""

from __future__ import annotations

from backend.services.errors import NotAllowed, ServiceError


class StepUnknown(ServiceError):
    """The life cycle has no such step."""

    code = "step-unknown"


class StateChanged(ServiceError):
    """Somebody took a step meanwhile; extras say which state it is in, and who brought it there."""

    code = "state-changed"


class StepNotYours(NotAllowed):
    """Another role, or another office, takes this step."""

    code = "step-not-yours"


class NoteMissing(ServiceError):
    """This step needs a reason."""

    code = "note-missing"


class AfterPhotoMissing(ServiceError):
    """Put right on the spot needs an after-photo of the same place, taken within two hours of the finding."""

    code = "after-photo-missing"


class RecheckerIsRectifier(ServiceError):
    """Whoever said that it was put right does not check it."""

    code = "rechecker-is-rectifier"


class NotEvidence(ServiceError):
    """A lead is no ground for a penalty; extras say what it lacks."""

    code = "not-evidence"


class OfficeUnknown(ServiceError):
    """There is no such office, or it is closed."""

    code = "office-unknown"


class HopClosed(ServiceError):
    """No office has this finding now."""

    code = "hop-closed"


class RequestOpen(ServiceError):
    """A request of this kind waits for its answer already, or none does."""

    code = "request-open"
