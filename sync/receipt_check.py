"""A device's side of receipts: the server's public keys that it has, and whether a receipt is what it claims.

A receipt that does not hold is flagged for a person; it never stops an op, and the receipt is kept as it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sync import receipts
from sync.device_ports import Change, DeviceStorage, Json
from sync.receipts import ReceiptInvalid, ReceiptKeyUnknown

META, KEYS = "meta", "receipt_keys"
VERIFIED, NONE, UNKNOWN_KEY, INVALID = "verified", "none", "unknown-key", "invalid"
DOUBTFUL = (UNKNOWN_KEY, INVALID)


class ReceiptCheck:
    def __init__(self, storage: DeviceStorage) -> None:
        self.storage = storage

    def keys(self) -> dict[str, receipts.Jwk]:
        return receipts.by_kid((self.storage.get(META, KEYS) or {}).get("keys"))

    def learning(self, jwks: Iterable[Any]) -> list[Change]:
        """Keys of the server, added to those at hand; what is none is left out."""
        known = {**self.keys(), **receipts.by_kid(list(jwks))}
        return [(META, KEYS, {"keys": [dict(jwk) for jwk in known.values()]})]

    def verdict(self, record: Json, result: Json) -> str:
        """What is to be thought of the receipt of an op that this device recorded."""
        compact = result.get("receipt")
        if compact is None:
            return NONE
        try:
            receipt = receipts.verify(compact, self.keys())
        except ReceiptKeyUnknown:
            return UNKNOWN_KEY
        except ReceiptInvalid:
            return INVALID
        same = receipt.covers(record["id"], record["stream"], record["n"], record["sha256"])
        decided = (receipt.status, receipt.seq) == (result["status"], result["seq"])
        return VERIFIED if same and decided else INVALID
