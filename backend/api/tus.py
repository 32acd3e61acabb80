"""tus 1.0.0 on the wire: headers in, headers out, the method override. Knows nothing of what an upload is kept as."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date

from backend.config import Limits
from backend.services.errors import TooLarge
from backend.services.media_errors import (
    ChecksumUnsupported,
    ContentTypeWrong,
    HashWrong,
    HeaderInvalid,
    MetadataInvalid,
    OffsetWrong,
    TusVersionUnsupported,
)
from backend.services.receiving import Checksum, Chunk, Creation
from backend.services.uploads import UploadState

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
ALGORITHMS = {"sha1": 20, "sha256": 32}
CONTENT_TYPE = "application/offset+octet-stream"
METADATA_LENGTH = 2000
READ_BYTES = 64 * 1024
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

View = TypeVar("View", bound=Callable[..., Any])


class MethodOverride:
    """WSGI: below `prefix` the method that X-HTTP-Method-Override names is the method, for routing and rights alike."""

    METHODS = frozenset({"HEAD", "PATCH", "DELETE", "POST", "OPTIONS"})

    def __init__(self, application: Callable[..., Iterable[bytes]], prefix: str) -> None:
        self._application = application
        self._prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if method in self.METHODS and environ.get("PATH_INFO", "").startswith(self._prefix):
            environ["REQUEST_METHOD"] = method
        return self._application(environ, start_response)


def install_override(state: BlueprintSetupState) -> None:
    """Put MethodOverride before the routing of the app that takes the blueprint in."""
    app: Any = state.app
    app.wsgi_app = MethodOverride(app.wsgi_app, f"{state.url_prefix}/media")


def speaks_tus(view: View) -> View:
    """Refuse another version of tus, and let refusals carry the headers that tus asks for."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if request.headers.get("Tus-Resumable") != VERSION:
            tell(Tus_Version=VERSION)
            raise TusVersionUnsupported(f"Send 'Tus-Resumable: {VERSION}'; this server speaks no other version of tus.")
        try:
            return view(*args, **kwargs)
        except OffsetWrong as error:
            tell(Upload_Offset=error.extras["offset"])
            raise
        except HashWrong:
            tell(Upload_Offset=0)
            raise

    marked: Any = guarded
    marked.speaks_tus = True
    marked.provide_automatic_options = False
    return guarded  # type: ignore[return-value]


def tell(**headers: object) -> None:
    """Add headers to the answer of this request, also when it becomes a refusal."""
    told: dict[str, str] = g.setdefault("tus_headers", {})
    told.update({name.replace("_", "-"): str(value) for name, value in headers.items() if value is not None})


def add_headers(response: Response) -> Response:
    """After each request to a view that speaks tus."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "speaks_tus", False):
        response.headers["Tus-Resumable"] = VERSION
        response.headers.update(g.get("tus_headers", {}))
    return response


def options(limits: Limits) -> Response:
    """What this server speaks."""
    return answer(
        204,
        Tus_Resumable=VERSION,
        Tus_Version=VERSION,
        Tus_Extension=EXTENSIONS,
        Tus_Max_Size=limits.file_bytes,
        Tus_Checksum_Algorithm=",".join(ALGORITHMS),
    )


def answer(status: int, **headers: object) -> Response:
    """An answer without a body; a header that is None is left out."""
    response = Response(status=status)
    for name, value in headers.items():
        if value is not None:
            response.headers[name.replace("_", "-")] = str(value)
    return response


def progress(upload: UploadState) -> dict[str, object]:
    """How far an upload is, and until when it waits for more."""
    return {"Upload_Offset": upload.received, "Upload_Expires": expires(upload)}


def expires(upload: UploadState | None) -> str | None:
    """Until when an upload waits for more; every answer to a PATCH says so, refusals too."""
    return None if upload is None or upload.completed else http_date(upload.expires_at)


def creation() -> Creation:
    """What a creation request announces; raises HeaderInvalid, MetadataInvalid."""
    deferred = request.headers.get("Upload-Defer-Length")
    length = whole_number("Upload-Length") if "Upload-Length" in request.headers else None
    if deferred not in (None, "1") or (deferred is None) == (length is None):
        raise HeaderInvalid("Send either Upload-Length, or 'Upload-Defer-Length: 1'.")
    sent = request.headers.get("Upload-Metadata", "")
    sha256 = metadata(sent).get("sha256", b"").decode("ascii", "replace")
    if not _SHA256.fullmatch(sha256):
        raise MetadataInvalid("Upload-Metadata needs 'sha256': the SHA-256 of the original bytes as 64 hex digits.")
    return Creation(sha256.lower(), length, sent)


def metadata(header: str) -> dict[str, bytes]:
    """`Upload-Metadata` as names and values; raises MetadataInvalid."""
    if len(header) > METADATA_LENGTH:
        raise MetadataInvalid(f"Upload-Metadata may have {METADATA_LENGTH} characters at most.")
    found: dict[str, bytes] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, value = pair.partition(" ")
        if not name.isascii() or name in found:
            raise MetadataInvalid("A name in Upload-Metadata is ASCII and occurs once.")
        found[name] = _base64(value.strip(), MetadataInvalid("A value in Upload-Metadata is not base64."))
    return found


def chunk(limits: Limits, offset: int | None = None) -> Chunk:
    """The bytes of this request; raises HeaderInvalid, ContentTypeWrong, ChecksumUnsupported, TooLarge."""
    if request.mimetype != CONTENT_TYPE:
        raise ContentTypeWrong(f"Send the bytes as {CONTENT_TYPE}.")
    offset = whole_number("Upload-Offset") if offset is None else offset
    length = whole_number("Upload-Length") if "Upload-Length" in request.headers else None
    stated = checksum()
    data, cut_off = read_body(limits.chunk_max_bytes)
    return Chunk(offset, data, cut_off, stated, length)


def has_body() -> bool:
    return bool(request.content_length) or request.mimetype == CONTENT_TYPE


def checksum() -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, value = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise ChecksumUnsupported(f"Upload-Checksum may use {' or '.join(ALGORITHMS)}.")
    digest = _base64(value.strip(), HeaderInvalid("Upload-Checksum is not base64."))
    if len(digest) != ALGORITHMS[algorithm]:
        raise HeaderInvalid(f"Upload-Checksum has no {algorithm} digest.")
    return Checksum(algorithm, digest)


def read_body(limit: int) -> tuple[bytes, bool]:
    """The body, and whether it was cut off; of one cut off, what arrived. Raises TooLarge over `limit` bytes.

    A body over the limit is read to its end and thrown away: most clients look at no answer before they have sent
    everything, and would otherwise see a broken connection in place of the limit.
    """
    largest = current_app.config["MAX_CONTENT_LENGTH"]
    pieces, size, cut_off = [], 0, False
    if (request.content_length or 0) <= largest:
        try:
            while size <= largest and (piece := request.stream.read(READ_BYTES)):
                size += len(piece)
                pieces.append(piece)
                if size > limit:
                    pieces.clear()
        except (ClientDisconnected, OSError):
            cut_off = True
    if max(size, request.content_length or 0) > limit:
        raise TooLarge(f"One request may carry {limit} bytes at most; send smaller chunks.", limit=limit)
    return b"".join(pieces), cut_off


def whole_number(name: str) -> int:
    value = request.headers.get(name, "")
    if not _WHOLE_NUMBER.fullmatch(value):
        raise HeaderInvalid(f"{name} must be a whole number that is not negative.")
    return int(value)


def _base64(value: str, otherwise: Exception) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise otherwise from None
