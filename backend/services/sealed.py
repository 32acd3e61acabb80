"""Secrets that must be read again to be used: kept encrypted, with a key that is not in the database.

The key comes of the installation's secret. So a copy of the database alone lets nobody speak in our name; and whoever
loads one on a machine with another secret enters the addresses anew. A whole backup holds that secret too.
"""

from __future__ import annotations

import base64

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(ValueError):
    """It was sealed with another secret of the installation."""


class Seal:
    """Seals and opens for one purpose; what another purpose sealed cannot be opened."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        key = HKDF(hashes.SHA256(), 32, None, purpose.encode()).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, value: dict[str, str | None]) -> str:
        return self._fernet.encrypt(orjson.dumps(value)).decode()

    def open(self, sealed: str) -> dict[str, str | None]:
        """What was sealed. Raises Unreadable."""
        try:
            found: dict[str, str | None] = orjson.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            raise Unreadable("The address was sealed with another BLUEGRID_SECRET_KEY.") from None
        return found
