"""Evidence bundles for the API and the command line: one snapshot read, the zip written, the audit trail told.

The transactions are here, since a bundle reads photos for long and must not keep a writer waiting meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from backend import clock
from backend.blobs import sha256_of
from backend.receipt_key import server_key
from backend.services import audit, evidence_bundles
from backend.services.actor import Actor
from backend.services.evidence_bundles import Asked, Facts
from backend.storage import blobs
from backend.transactions import reading, writing


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that is written: what is in it, and the hash and size in bytes of the whole file."""

    facts: Facts
    sha256: str
    size: int


def make(actor: Actor | None, name: str, file: IO[bytes]) -> Made:
    """Write the bundle of a finding that the actor may see, by its id or number, to a file that can be read too.

    Raises NotFound.
    """
    now = clock.now()
    with reading() as session:
        finding = evidence_bundles.find(session, actor, name)
        asked = Asked(actor, now, server_key().signing, server_key().public_keys(session))
        facts = evidence_bundles.write(session, blobs(), finding, asked, file)
    made = Made(facts, *_measured(file))
    with writing() as session:
        server_key().register(session, now)
        who = None if actor is None else actor.user_id
        lacks = len(facts.missing)
        audit.record(session, now, who, "evidence.bundle", facts.finding_id, sha256=made.sha256, missing=lacks)
    return made


def _measured(file: IO[bytes]) -> tuple[str, int]:
    """Its hash and size; it stands at its beginning afterwards."""
    file.seek(0)
    found = sha256_of(cast(BinaryIO, file))
    size = file.tell()
    file.seek(0)
    return found, size
