"""A proof out of the server's log, checked by whoever has it and the server's public keys, without a network.

Knows the form in which a proof is handed out; nothing of where the log is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync import log_chain, receipts
from sync.errors import SyncError
from sync.log_chain import LogEntry, Proof
from sync.receipts import Jwk
from sync.store import Json


class ProofInvalid(SyncError):
    """It does not show that the entry is under a root which one of the keys signed."""

    code = "proof-invalid"


def document(entry: LogEntry, proof: Proof, signature: str) -> Json:
    """A proof as it is handed out: the entry, its way up, and the daily root as it was signed (a compact JWS)."""
    return {
        "entry": {
            "n": entry.n,
            "at": entry.at,
            "kind": entry.kind,
            "payload": entry.payload,
            "prev": entry.prev,
            "hash": entry.hash,
        },
        "proof": {"first_n": proof.first_n, "last_n": proof.last_n, "path": list(proof.path)},
        "root": signature,
    }


def check(said: Mapping[str, Any], keys: Mapping[str, Jwk]) -> Json:
    """The signed statement of the day (`day`, `first_n`, `last_n`, `root`) that the entry is under.

    `keys` are those of `GET /api/v1/sync/receipt-key`, by `kid`. Raises ProofInvalid.
    """
    try:
        entry = LogEntry(**said["entry"])
        proof = Proof(entry.n, said["proof"]["first_n"], said["proof"]["last_n"], tuple(said["proof"]["path"]))
        signed = receipts.open_sealed(receipts.ROOT, said["root"], keys)
        if entry.hash != log_chain.hash_of(entry.n, entry.at, entry.kind, entry.payload, entry.prev):
            raise ProofInvalid("The entry's hash is not that of what it says.")
        if (signed["first_n"], signed["last_n"]) != (proof.first_n, proof.last_n):
            raise ProofInvalid("The root is over other entries.")
        if not log_chain.verify_proof(entry.hash, proof, signed["root"]):
            raise ProofInvalid("The entry is not under the root.")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ProofInvalid("This is no proof.") from None
    return signed
