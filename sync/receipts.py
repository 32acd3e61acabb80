"""What the server signs: receipts of ops, the daily roots of its log, checkpoints of its audit trail, lists of bundles.

All are compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037): the signed bytes travel inside, so that anyone who
has the server's public key checks them offline, in any language, without serialising anything again. `kid` is the
key's thumbprint (RFC 7638); `typ` keeps one from passing as another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.canonical import canonical
from sync.errors import SyncError
from sync.store import Json

RECEIPT, ROOT = "bluegrid-receipt", "bluegrid-root"
CHECKPOINT, BUNDLE = "bluegrid-checkpoint", "bluegrid-bundle"
Jwk = Mapping[str, Any]


class ReceiptInvalid(SyncError):
    """This is not what the server signed, or it says something else."""

    code = "receipt-invalid"


class ReceiptKeyUnknown(SyncError):
    """The key that signed this is not among those at hand."""

    code = "receipt-key-unknown"


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where an op's newest decision stands in the server's log; the hash commits to all that was logged before."""

    n: int
    hash: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server has the op with these bytes, and this is what it decided of it. Times are RFC 3339 in UTC."""

    op: str
    stream: str
    n: int
    sha256: str
    status: str
    seq: int
    epoch: str
    received_at: str
    log: LogPosition | None

    def covers(self, op: str, stream: str, n: int, sha256: str) -> bool:
        """Whether this is the receipt of that op, byte for byte."""
        return (self.op, self.stream, self.n, self.sha256) == (op, stream, n, sha256)


class SigningKey:
    """The server's private key with its public name; the header is the same for all that it signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.jwk = jwk_of(key.public_key())
        self._headers = {
            typ: _encode(canonical({"alg": "EdDSA", "kid": self.kid, "typ": typ}))
            for typ in (RECEIPT, ROOT, CHECKPOINT, BUNDLE)
        }

    @property
    def kid(self) -> str:
        return self.jwk["kid"]

    def seal(self, typ: str, payload: Json) -> str:
        """Sign a payload as a compact JWS."""
        signed = f"{self._headers[typ]}.{_encode(canonical(payload))}"
        return f"{signed}.{_encode(self._key.sign(signed.encode()))}"


_SAID = tuple(field.name for field in fields(Receipt))


def sign(key: SigningKey, receipt: Receipt) -> str:
    """The compact receipt."""
    said = {name: getattr(receipt, name) for name in _SAID}
    said["log"] = None if receipt.log is None else {"n": receipt.log.n, "hash": receipt.log.hash}
    return key.seal(RECEIPT, said)


def verify(compact: str, keys: Mapping[str, Jwk]) -> Receipt:
    """Read a receipt with the server's public keys, by `kid`; raises ReceiptInvalid, ReceiptKeyUnknown."""
    said = open_sealed(RECEIPT, compact, keys)
    try:
        log = said.pop("log")
        return Receipt(**said, log=None if log is None else LogPosition(log["n"], log["hash"]))
    except (TypeError, KeyError, AttributeError):
        raise ReceiptInvalid("This is signed, but it is no receipt.") from None


def open_sealed(typ: str, compact: str, keys: Mapping[str, Jwk]) -> Json:
    """The payload of a compact JWS of that type; raises ReceiptInvalid, ReceiptKeyUnknown."""
    try:
        header_part, payload_part, signature_part = compact.split(".")
        header, payload = json.loads(decode(header_part)), json.loads(decode(payload_part))
        signature = decode(signature_part)
        named = (header["alg"], header["typ"], header["kid"])
    except (AttributeError, ValueError, TypeError, KeyError, RecursionError):
        raise ReceiptInvalid("This is no compact JWS.") from None
    alg, said_typ, kid = named
    if alg != "EdDSA" or said_typ != typ or "crit" in header or not isinstance(payload, dict):
        raise ReceiptInvalid(f"This is no {typ}.")
    jwk = keys.get(kid) if isinstance(kid, str) else None
    if jwk is None:
        raise ReceiptKeyUnknown(f"It was signed with the key {kid}, which is not at hand.")
    if thumbprint(jwk) != kid:
        raise ReceiptInvalid("The key is not the one that its name says.")
    try:
        read_key(jwk).verify(signature, f"{header_part}.{payload_part}".encode())
    except InvalidSignature:
        raise ReceiptInvalid("The signature does not fit.") from None
    return payload


# keys --------------------------------------------------------------------------------------------------------
def jwk_of(key: Ed25519PublicKey) -> dict[str, str]:
    """The public JWK of a key, named by its thumbprint."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _encode(key.public_bytes_raw())}
    return {**jwk, "kid": thumbprint(jwk), "use": "sig", "alg": "EdDSA"}


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638 over the members that an OKP key must have."""
    needed = {name: jwk.get(name) for name in ("crv", "kty", "x")}
    return _encode(hashlib.sha256(canonical(needed)).digest())


def read_key(jwk: Jwk) -> Ed25519PublicKey:
    """The key of a public JWK; raises ReceiptInvalid."""
    try:
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
            raise ValueError("kind")
        return Ed25519PublicKey.from_public_bytes(decode(jwk.get("x")))
    except ValueError:
        raise ReceiptInvalid("The key must be a JWK of an Ed25519 key, without its private part.") from None


def by_kid(jwks: Any) -> dict[str, Jwk]:
    """Public keys by name, from a list as it came; what is no key of ours is left out."""
    found: dict[str, Jwk] = {}
    for jwk in jwks if isinstance(jwks, list) else []:
        if isinstance(jwk, dict) and isinstance(jwk.get("x"), str):
            found[thumbprint(jwk)] = jwk
    return found


def decode(text: object) -> bytes:
    """Base64url without padding, in its one canonical spelling; raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("not text")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
    if _encode(data) != text:
        raise ValueError("another spelling of the same bytes")
    return data


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
