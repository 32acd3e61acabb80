"""Why a backup was not made, is no good, or is not put back; the text is for the person who asked."""

from __future__ import annotations

from collections.abc import Sequence


class BackupRefused(RuntimeError):
    """It is not done as things stand; nothing was changed."""


class BackupBad(Exception):
    """A backup is not what was written: `what` is the first thing that is wrong."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"backup {name}: {what}")
        self.name, self.what = name, what


class PhotosLost(BackupRefused):
    """Bytes that the database speaks of are nowhere to be had whole."""

    def __init__(self, lost: Sequence[str]) -> None:
        super().__init__(f"the bytes of {len(lost)} photos are neither in the backup nor in the photo store")
        self.lost = list(lost)
