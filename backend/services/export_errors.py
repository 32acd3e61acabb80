"""What exporting may refuse, at once or when the job comes to it."""

from __future__ import annotations

from backend.services.errors import InputInvalid, NotAllowed, ServiceError


class ExportUnsupported(InputInvalid):
    """No kind of this name, or not in this format."""

    code = "export-unsupported"


class ExportTooLarge(ServiceError):
    """More rows than one file may have; `limit` says how many, and what narrows a list is named."""

    code = "export-too-large"


class ExportsWaiting(ServiceError):
    """The person has enough exports under way."""

    code = "exports-waiting"


class ExportSeqPassed(ServiceError):
    """The data no longer are, or never were, what they were at the stated `seq`."""

    code = "export-seq-passed"


class ExportRightsChanged(NotAllowed):
    """What it was asked for with is no longer the person's right."""

    code = "export-rights-changed"


class ExportNotReady(ServiceError):
    """There is no file yet."""

    code = "export-not-ready"


class ExportFailed(ServiceError):
    """There will be no file; `reason` is the code of why."""

    code = "export-failed"


class ExportGone(ServiceError):
    """Its time is over, or the file is no longer on this server's disk."""

    code = "export-gone"
