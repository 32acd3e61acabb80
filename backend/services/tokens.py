"""Opaque tokens and codes: made of 32 random bytes, kept only as SHA-256."""

from __future__ import annotations

import hashlib
import secrets

# No 0/O, 1/I/L: a person may have to type an invitation from a screen.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """An invitation of 20 characters (99 bits) in groups of five."""
    return "-".join("".join(secrets.choice(_CODE_ALPHABET) for _ in range(5)) for _ in range(4))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
