"""The blob store in an S3 bucket (SeaweedFS, MinIO, a cloud's), for any number of hosts.

Knows the store's requests and errors; nothing of users, tables or which parts of an upload count: that is the
caller's to say (see `backend.blobs.Blobs`). Endpoint, region and keys come from the usual `AWS_…` variables.
"""

from __future__ import annotations

import hashlib
import io
import ipaddress
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from backend import failpoints
from backend.blobs import (
    READ_BYTES,
    BlobMissing,
    HashWrong,
    Lying,
    Part,
    Parts,
    Shelf,
    StagedBytesLost,
    place_of,
    place_of_derived,
    plain_name,
    sha256_of,
)
from backend.config import SettingInvalid
from backend.services.errors import StorageFull
from sync.errors import StoreUnavailable

ONE_REQUEST_BYTES = 8 * 1024 * 1024  # more than this goes as a multipart upload, in pieces of this size
SMALL_PART_BYTES = 256 * 1024  # a smaller last part is taken into the next one: 50 MiB never are more than 200 parts
ASKED_AT_ONCE = 8
CHECK = b"bluegrid"
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REFUSED = ("AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "403 Forbidden", "401 Unauthorized")
_FULL = ("507 Insufficient", "InsufficientStorage", "StorageFull", "QuotaExceeded")

log = structlog.get_logger()


def open_s3(url: str, environ: Mapping[str, str]) -> S3Blobs:
    """The store that `s3://bucket/prefix` names; raises SettingInvalid. No request is made yet."""
    where = urlsplit(url)
    if not where.netloc or where.query or where.fragment or "@" in where.netloc:
        raise SettingInvalid("BLUEGRID_BLOB_URL must be s3://bucket or s3://bucket/prefix; keys come as AWS_…")
    plain_http = _plain_http(environ)
    try:
        store = S3Store(
            where.netloc,
            prefix=unquote(where.path).strip("/") or None,
            client_options={"allow_http": plain_http, "connect_timeout": "3s", "timeout": "30s"},
            retry_config={
                "max_retries": 4,
                "retry_timeout": timedelta(seconds=15),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=2),
                    "base": 2,
                },
            },
        )
    except (BaseError, ValueError) as error:
        raise SettingInvalid(f"BLUEGRID_BLOB_URL or an AWS_… variable is wrong: {_first_line(error)}") from None
    return S3Blobs(store)


def _plain_http(environ: Mapping[str, str]) -> bool:
    """Whether to speak to the endpoint without TLS: only when told so, and never across the internet."""
    endpoint = next((environ[name] for name in ENDPOINTS if environ.get(name)), "")
    if not endpoint.startswith("http://"):
        return False
    if environ.get("AWS_ALLOW_HTTP", "").lower() not in ("1", "true"):
        raise SettingInvalid(f"{endpoint} is not encrypted: use https://, or AWS_ALLOW_HTTP=true in a closed network")
    try:
        public = ipaddress.ip_address(urlsplit(endpoint).hostname or "").is_global
    except ValueError:  # a name; it was said expressly
        public = False
    if public:
        raise SettingInvalid(f"{endpoint} is not encrypted and is a public address: use https://")
    return True


class S3Blobs:
    """Blobs in a bucket: `ab/cd/<sha256>`, the same below `quarantine/` and `derived/`, `staging/<upload>/<part>`.

    Bytes are hashed here before the first of them goes under the name of a hash, so that a put that repeats, comes
    late or overtakes another one changes nothing and mends a bad copy. Objects appear whole. Parts have names of
    their own and are never written again.
    """

    LOCKS = 256
    kind = "s3"

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._locks = [threading.Lock() for _ in range(self.LOCKS)]

    def check(self, *, writing: bool = False) -> None:
        with _told():
            next(iter(obstore.list(self._store, "staging", chunk_size=1)), None)
            if writing:
                obstore.put(self._store, "check", CHECK, use_multipart=False)
                if bytes(obstore.get(self._store, "check").bytes()) != CHECK:
                    raise StoreUnavailable("The photo store does not give back what was put into it.")

    @contextmanager
    def lock(self, upload_id: str) -> Iterator[None]:
        """Spares this process double work, no more: between hosts the database decides which parts count.

        So a host that is cut off holds nothing that another one waits for.
        """
        with self._locks[hashlib.sha256(upload_id.encode()).digest()[0] % self.LOCKS]:
            yield

    def stage(self, upload_id: str, offset: int, data: bytes, parts: Parts = ()) -> Part | None:
        kept = [part for part in parts if part.start < offset]
        if (kept[-1].end if kept else 0) < offset:
            raise StagedBytesLost(f"{upload_id}: fewer than {offset} bytes are staged")
        start = offset
        if kept and (kept[-1].end > offset or kept[-1].size < SMALL_PART_BYTES):
            start = kept[-1].start
            data = self._beginning(upload_id, kept[-1], offset - start) + data
        part = Part(f"{start:012d}-{len(data)}-{uuid.uuid4().hex}", start, len(data))
        with _told():
            obstore.put(self._store, self._staged(upload_id, part.name), data, use_multipart=False)
        return part

    def _beginning(self, upload_id: str, part: Part, size: int) -> bytes:
        try:
            with _told():
                found = bytes(obstore.get_range(self._store, self._staged(upload_id, part.name), start=0, length=size))
        except BlobMissing:
            found = b""
        if len(found) != size:
            raise StagedBytesLost(f"{upload_id}: {part.name} is not staged any more")
        return found

    def staged_size(self, upload_id: str, parts: Parts = ()) -> int:
        if not parts:
            return 0
        with _told():
            listed = obstore.list(self._store, self._staged(upload_id)).collect()
        sizes = {found["path"].rsplit("/", 1)[-1]: found["size"] for found in listed}
        reached = 0
        for part in parts:
            if part.start != reached or sizes.get(part.name) != part.size:
                break
            reached = part.end
        return reached

    def open_staged(self, upload_id: str, parts: Parts = ()) -> BinaryIO:
        if not parts:
            raise BlobMissing(upload_id)
        return self._reader([(self._staged(upload_id, part.name), part.size) for part in parts])

    def keep_staged(self, upload_id: str, sha256: str, shelf: Shelf, parts: Parts = ()) -> None:
        with self.open_staged(upload_id, parts) as stream:
            self.put(sha256, stream, shelf)

    def discard(self, upload_id: str) -> None:
        with _told():
            paths = [found["path"] for found in obstore.list(self._store, self._staged(upload_id)).collect()]
            if paths:
                obstore.delete(self._store, paths)

    def staged(self) -> Iterator[Lying]:
        """By the parts themselves: SeaweedFS shows a folder for a while after its last object went."""
        newest: dict[str, datetime] = {}
        for path, changed_at in self._objects("staging"):
            upload_id = path.split("/")[1]
            newest[upload_id] = max(changed_at, newest.get(upload_id, changed_at))
        return (Lying(upload_id, changed_at) for upload_id, changed_at in newest.items())

    def whole(self, shelf: Shelf) -> Iterator[Lying]:
        for first in range(256):
            folder = f"{first:02x}" if shelf is Shelf.ORIGINALS else f"{shelf.value}/{first:02x}"
            for path, changed_at in self._objects(folder):
                yield Lying(path.rsplit("/", 1)[-1], changed_at)

    def clear_passing(self, before: datetime) -> int:
        """Nothing: what a killed process was writing never became an object."""
        return 0

    def _objects(self, folder: str) -> Iterator[tuple[str, datetime]]:
        with _told():
            for page in obstore.list(self._store, folder):
                yield from ((str(found["path"]), found["last_modified"]) for found in page)

    def put(self, sha256: str, stream: BinaryIO, shelf: Shelf = Shelf.ORIGINALS) -> int:
        path, digest = place_of(sha256, shelf), hashlib.sha256()
        with tempfile.SpooledTemporaryFile(ONE_REQUEST_BYTES, prefix="bluegrid-blob-") as whole:
            while block := stream.read(READ_BYTES):
                digest.update(block)
                whole.write(block)
                failpoints.hit("blob-half-written")
            size = whole.tell()
            if digest.hexdigest() != sha256:
                raise HashWrong(f"these bytes have the hash {digest.hexdigest()}, not {sha256}")
            whole.seek(0)
            failpoints.hit("blob-synced")
            with _told():
                if size <= ONE_REQUEST_BYTES:
                    obstore.put(self._store, path, whole.read(), use_multipart=False)
                else:
                    obstore.put(self._store, path, whole, chunk_size=ONE_REQUEST_BYTES, max_concurrency=2)
        failpoints.hit("blob-renamed")
        return size

    def has(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        try:
            self.size(sha256, shelf)
        except BlobMissing:
            return False
        return True

    def present(self, hashes: list[str]) -> set[str]:
        with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
            return {sha256 for sha256, here in zip(hashes, threads.map(self.has, hashes), strict=True) if here}

    def size(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> int:
        with _told():
            return int(obstore.head(self._store, place_of(sha256, shelf))["size"])

    def open(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> BinaryIO:
        return self._reader([(place_of(sha256, shelf), self.size(sha256, shelf))])

    def verify(self, sha256: str, shelf: Shelf = Shelf.ORIGINALS) -> bool:
        with self.open(sha256, shelf) as file:
            return sha256_of(file) == sha256

    def derived(self, sha256: str, name: str) -> bytes | None:
        try:
            with _told():
                return bytes(obstore.get(self._store, place_of_derived(sha256, name)).bytes())
        except BlobMissing:
            return None

    def keep_derived(self, sha256: str, name: str, data: bytes) -> None:
        with _told():
            obstore.put(self._store, place_of_derived(sha256, name), data, use_multipart=False)

    def _staged(self, upload_id: str, part: str | None = None) -> str:
        return f"staging/{plain_name(upload_id)}" + (f"/{part}" if part else "")

    def _reader(self, objects: list[tuple[str, int]]) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Ranges(self._store, objects), READ_BYTES))


class _Ranges(io.RawIOBase):
    """Objects one behind the other as one readable and seekable file; each read fetches what it needs."""

    def __init__(self, store: S3Store, objects: list[tuple[str, int]]) -> None:
        self._store = store
        self._objects = objects
        self._size = sum(size for _, size in objects)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a file has no bytes before its first")
        self._at = base + offset
        return self._at

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(READ_BYTES) or b"", b""))

    def readinto(self, buffer: Any) -> int:
        start = 0
        for path, size in self._objects:
            if start <= self._at < start + size:
                wanted = min(len(buffer), start + size - self._at)
                with _told():
                    found = obstore.get_range(self._store, path, start=self._at - start, length=wanted)
                if len(found) != wanted:
                    raise BlobMissing(f"{path} is shorter than it was")
                buffer[:wanted] = found
                self._at += wanted
                return wanted
            start += size
        return 0


@contextmanager
def _told() -> Iterator[None]:
    """The store's errors as those of `Blobs`."""
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing(_first_line(error)) from None
    except (BaseError, OSError) as error:
        reason = str(error)
        log.warning("blob-store-failed", kind=type(error).__name__, reason=_first_line(error))
        if any(code in reason for code in _FULL):
            raise StorageFull("The server's photo store is full; nothing was acknowledged. Try later.") from error
        if isinstance(error, PermissionDeniedError | UnauthenticatedError) or any(code in reason for code in _REFUSED):
            detail = "The photo store refuses the server's key: see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        elif "NoSuchBucket" in reason:
            detail = "The photo store has no such bucket: make it, or mend BLUEGRID_BLOB_URL."
        else:
            detail = "The photo store cannot be reached or failed; try again shortly."
        raise StoreUnavailable(detail) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
