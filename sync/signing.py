"""Device signatures: ES256 (P-256, raw r||s, base64url) over the bytes of an op's body."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sync.errors import SyncError


class SignatureKeyInvalid(SyncError):
    """The public key is no JWK of a P-256 point."""

    code = "public-key-invalid"


def _decode(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("not text")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_key(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """The key of a JWK (kty EC, crv P-256); raises SignatureKeyInvalid."""
    try:
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
            raise ValueError("kind")
        x, y = _decode(jwk.get("x")), _decode(jwk.get("y"))
        if len(x) != 32 or len(y) != 32:
            raise ValueError("length")
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
        return numbers.public_key()
    except (ValueError, binascii.Error):
        raise SignatureKeyInvalid("The public key must be a JWK of a P-256 point, without its private part.") from None


def jwk_of(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The JWK of a P-256 public key."""
    numbers = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _encode(numbers.x.to_bytes(32)), "y": _encode(numbers.y.to_bytes(32))}


def sign(key: ec.EllipticCurvePrivateKey, body: bytes) -> str:
    """The signature of an op's body."""
    r, s = decode_dss_signature(key.sign(body, ec.ECDSA(SHA256())))
    return _encode(r.to_bytes(32) + s.to_bytes(32))


def verifies(key: ec.EllipticCurvePublicKey, body: bytes, sig: str | None) -> bool:
    """True when `sig` is this key's over the bytes."""
    try:
        raw = _decode(sig)
        if len(raw) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key.verify(der, body, ec.ECDSA(SHA256()))
    except (ValueError, binascii.Error, InvalidSignature):
        return False
    return True
