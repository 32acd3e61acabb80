"""The server's signing key: made once in the data folder, readable by its owner alone.

To rotate it, move the file away and start the server anew: the old public key stays in the database, where receipts
signed with it are checked. Each web host may have a key of its own.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.config import SettingInvalid, Settings
from backend.disk import Disk
from backend.models import ReceiptKey
from sync.receipts import SigningKey

FILE = "receipt-key.pem"
EXTENSION = "bluegrid.receipt-key"


class ServerKey:
    """The key of this installation, read or made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: SigningKey | None = None
        self._registered = False

    @property
    def signing(self) -> SigningKey:
        if self._key is None:
            self._key = SigningKey(_kept_key(self.path))
        return self._key

    @property
    def jwk(self) -> dict[str, str]:
        return self.signing.jwk

    def register(self, session: Session, now: datetime) -> SigningKey:
        """The key to sign with, its public part being in the database once this transaction commits."""
        if not self._registered:
            known = select(ReceiptKey.kid).where(ReceiptKey.kid == self.signing.kid)
            if session.scalar(known) is not None:
                self._registered = True
            else:
                dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
                values = {"kid": self.signing.kid, "jwk": self.jwk, "first_used_at": now}
                session.execute(dialect.insert(ReceiptKey).values(values).on_conflict_do_nothing())
        return self.signing

    def public_keys(self, session: Session) -> list[dict[str, Any]]:
        """Every public key that a receipt may name, the present one first."""
        kept = session.scalars(select(ReceiptKey.jwk).order_by(ReceiptKey.first_used_at.desc(), ReceiptKey.kid))
        return [self.jwk, *(jwk for jwk in kept if jwk != self.jwk)]


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions[EXTENSION] = ServerKey(settings.data / FILE)


def server_key() -> ServerKey:
    """The key of the current app."""
    key: ServerKey = current_app.extensions[EXTENSION]
    return key


def _kept_key(path: Path) -> Ed25519PrivateKey:
    """The key in the file. A new file appears whole or not at all, and only one of two makers wins."""
    if not path.exists():
        _make(path)
    with suppress(ValueError, TypeError):
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    raise SettingInvalid(f"{path} holds no Ed25519 key; put it back from a backup, or move it away for a new one")


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    passing = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(passing, path)
        except FileExistsError:
            return  # another process was first
        finally:
            os.unlink(passing)
        Disk().sync_folder(path.parent)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise
