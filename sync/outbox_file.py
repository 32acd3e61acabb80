"""The field app's outbox as one encrypted file: every op and photo that a phone still has, for the worst day.

The file is a line `BLUEGRID-OUTBOX-1`, a line of JSON `{kdf, iterations, salt, cipher, prefix}`, and sealed chunks:
four bytes of length, then AES-256-GCM of a piece of the content. A chunk's nonce is `prefix` and its number from 0 in
four bytes; the two lines and a byte that is 1 for the last chunk alone are authenticated with it, so that no chunk can
be left out, put elsewhere or cut off. The key is PBKDF2 of the passphrase in NFC. All numbers are big-endian.

The content is a sequence of items: four bytes of length, a JSON text, and `size` bytes where it says so. `about` names
the stream, its tip and the server; `op` holds a record of the outbox, the retained store or those set aside; `media`
is followed by the photo's original bytes.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from sync.device_ports import Change, DeviceStorage, Json
from sync.ops import sha256_of
from sync.outbox import META, OUTBOX, RETAINED, key_of
from sync.photo_uploads import PHOTOS

MAGIC = b"BLUEGRID-OUTBOX-1\n"
MAX_CHUNK = 64 * 1024 * 1024
MAX_ITERATIONS = 10_000_000
_STATES = {"waiting": "pending", "uploading": "pending", "sent": "sent", "stored": "stored", "refused": "refused"}


class OutboxFileUnreadable(ValueError):
    """No outbox file, one that was changed or cut off, or not its passphrase."""


def items(source: BinaryIO, passphrase: str) -> Iterator[tuple[Json, bytes]]:
    """What the file holds, item by item, with the bytes that follow one. Raises OutboxFileUnreadable."""
    content = _Content(_chunks(source, passphrase))
    while (head := content.read(4, at_end=b"")) != b"":
        item: Json = json.loads(content.read(int.from_bytes(head)))
        yield item, content.read(int(item.get("size", 0)))


def load(source: BinaryIO, passphrase: str, storage: DeviceStorage) -> Json:
    """Put a file's content into the storage of a reference device; what the file says of the phone.

    Ops that were set aside stay in the file: nobody can read them. Photos that no record names are left out.
    Raises OutboxFileUnreadable.
    """
    about: Json = {}
    for item, data in items(source, passphrase):
        if item["kind"] == "about":
            about = item
            storage.write(_identity(item))
        elif item["kind"] == "op" and item["table"] in (OUTBOX, RETAINED):
            record = item["record"]
            storage.write([(item["table"], key_of(record["stream"], record["n"]), record)])
        elif item["kind"] == "media" and item["record"]["state"] in _STATES:
            if sha256_of(data) != item["record"]["sha256"]:
                raise OutboxFileUnreadable("A photo's bytes are not what its name says.")
            storage.put_bytes(item["record"]["sha256"], data)
            storage.write([_photo(item["record"])])
    return about


def _identity(about: Json) -> list[Change]:
    known = {**about["server"], "backed_up_seq": 0}
    return [(META, "install", {"id": about["install"]}), (META, "stream", about["stream"]), (META, "server", known)]


def _photo(record: Json) -> Change:
    kept = {
        "size": record["size"],
        "media_type": record["mediaType"],
        "filename": record["filename"],
        "state": _STATES[record["state"]],
        "url": None,
    }
    return (PHOTOS, record["sha256"], kept)


class _Content:
    """The decrypted chunks as one stream of bytes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = bytearray()

    def read(self, size: int, at_end: bytes | None = None) -> bytes:
        """So many bytes; `at_end` when there is none at all any more."""
        while len(self._left) < size:
            chunk = next(self._chunks, None)
            if chunk is None and not self._left and at_end is not None:
                return at_end
            if chunk is None:
                raise OutboxFileUnreadable("The content ends in the middle of an item.")
            self._left += chunk
        found = bytes(self._left[:size])
        del self._left[:size]
        return found


def _chunks(source: BinaryIO, passphrase: str) -> Iterator[bytes]:
    magic, said = source.readline(), source.readline()
    if magic != MAGIC:
        raise OutboxFileUnreadable("This is no outbox file.")
    cipher, prefix = _opened(said, passphrase)
    number, sealed = 0, _sealed(source)
    while sealed is not None:
        following = _sealed(source)
        bound = magic + said + (b"\x00" if following is not None else b"\x01")
        try:
            yield cipher.decrypt(prefix + number.to_bytes(4), sealed, bound)
        except InvalidTag:
            raise OutboxFileUnreadable("The file was changed or cut off, or the passphrase is another.") from None
        number, sealed = number + 1, following
    if number == 0:
        raise OutboxFileUnreadable("The file was cut off.")


def _opened(said: bytes, passphrase: str) -> tuple[AESGCM, bytes]:
    """The cipher and the beginning of its nonces, as the second line says."""
    try:
        header: dict[str, Any] = json.loads(said)
        known = (header["kdf"], header["cipher"]) == ("PBKDF2-SHA256", "AES-256-GCM")
        iterations, salt, prefix = header["iterations"], base64.b64decode(header["salt"]), header["prefix"]
        if not known or not 1 <= iterations <= MAX_ITERATIONS:
            raise ValueError("unknown")
        secret = unicodedata.normalize("NFC", passphrase).encode()
        return AESGCM(PBKDF2HMAC(SHA256(), 32, salt, iterations).derive(secret)), base64.b64decode(prefix)
    except (ValueError, KeyError, TypeError):
        raise OutboxFileUnreadable("This outbox file is of a form that is not known here.") from None


def _sealed(source: BinaryIO) -> bytes | None:
    """The next chunk as it is in the file; None at its end."""
    head = source.read(4)
    if head == b"":
        return None
    size = int.from_bytes(head)
    sealed = source.read(size) if size <= MAX_CHUNK else b""
    if len(head) < 4 or len(sealed) < size:
        raise OutboxFileUnreadable("The file was changed or cut off.")
    return sealed
