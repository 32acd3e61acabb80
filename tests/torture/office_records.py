"""What the office did, and when by the server's head: backups, grants, revocations, approvals, and how time went by.

Kept beside the server, so that the oracle need not ask it; a restore takes back what the restored server never saw.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

KEPT_BACKUPS = 2


@dataclass(slots=True)
class Backup:
    """One backup, and the hashes of the ops and photos in it."""

    name: str
    ops: set[str]
    photos: set[str]
    known: History


@dataclass(slots=True)
class History:
    """What a server knows of the office, in the order in which it happened."""

    grants: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)  # (head, user, codes)
    revoked: list[tuple[int, str]] = field(default_factory=list)  # (head, device)
    approved: set[str] = field(default_factory=set)  # hashes of ops that a supervisor let through
    dismissed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class OfficeRecords:
    now: History = field(default_factory=History)
    backups: list[Backup] = field(default_factory=list)

    def backed_up(self, name: str, ops: set[str], photos: set[str]) -> None:
        self.backups = [*self.backups, Backup(name, ops, photos, copy.deepcopy(self.now))][-KEPT_BACKUPS:]

    def backup(self, older: bool) -> Backup | None:
        """The newest backup, or the one before it; None when there is none."""
        return self.backups[-2 if older and len(self.backups) > 1 else -1] if self.backups else None

    def restored(self, backup: Backup) -> list[tuple[set[str], set[str]]]:
        """Go back to what a backup knows; returns the ops and photos of the newer ones, which are none any more."""
        newer = self.backups[self.backups.index(backup) + 1 :]
        self.backups = [one for one in self.backups if one not in newer]
        self.now = copy.deepcopy(backup.known)
        return [(one.ops, one.photos) for one in newer]
