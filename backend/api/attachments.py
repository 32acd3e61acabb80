"""Files that an answer carries, for whoever asked to keep: with both names, their hash, and in no cache.

Knows nothing of what is in them, nor who may have them.
"""

from __future__ import annotations

import hashlib
import tempfile
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import Response, send_file

CSV = "text/csv; charset=utf-8"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
GEOJSON = "application/geo+json"
GPKG = "application/geopackage+sqlite3"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


def temporary() -> BinaryIO:
    """A file that is made for one answer and gone with it."""
    return cast(BinaryIO, tempfile.TemporaryFile(prefix="bluegrid-answer-"))


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of all that was written; the file stands at its beginning afterwards."""
    file.seek(0)
    digest = hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    file.seek(0)
    return digest


def attachment(
    file: BinaryIO,
    media_type: str,
    name: str,
    *,
    plain: str | None = None,
    digest: str | None = None,
    seq: int | None = None,
) -> Response:
    """A file to keep, from its beginning. `plain`: an ASCII name for clients that read no other (RFC 6266)."""
    file.seek(0)
    response = send_file(file, mimetype=media_type)
    also = f' filename="{plain}";' if plain is not None else ""
    response.headers["Content-Disposition"] = f"attachment;{also} filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "private, no-store"
    if seq is not None:
        response.headers["X-Bluegrid-Seq"] = str(seq)
    if digest is not None:
        response.headers["X-Content-SHA256"] = digest
    return response
