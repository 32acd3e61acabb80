"""The built web client: how its files are found and sent, each under a strict policy, packed where the browser can.

It knows nothing of what the client does. Files are made by the set-up from `web/` and are not part of the source.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, current_app, request

from backend.api import access
from backend.config import MapSettings
from backend.services.errors import NotFound, ServiceError

DIST = Path(__file__).parents[1] / "web" / "dist"
BASES = {"field": "/app/", "console": "/console/"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:{maps}; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'{maps}; "
    "worker-src 'self' blob:; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts and styles are files of ours. Libraries of charts and maps set styles of single elements. `maps`: the host of
a base map, and no other host ever."""
TIANDITU = "https://*.tianditu.gov.cn"
PERMISSIONS = "camera=(self), microphone=(self), geolocation=(self)"
ONE_YEAR = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
PACKED = ("text/", "application/manifest+json", "application/json", "image/svg+xml")


class WebClientMissing(ServiceError):
    """The web client has not been built on this machine."""

    code = "web-client-missing"


def blueprint(name: str, prefix: str) -> Blueprint:
    """The routes of one built app, under `prefix`: its files, and its page for every address that is no file's."""
    routes = Blueprint(name, __name__, url_prefix=prefix)

    @routes.get("/", defaults={"path": ""})
    @routes.get("/<path:path>")
    @access.public()
    def built(path: str) -> Response:
        """The app's page, or one of its files."""
        return send(name, path)

    return routes


def is_built(app: str) -> bool:
    """Whether an app was built on this machine."""
    return (DIST / app / "index.html").is_file()


def send(app: str, path: str) -> Response:
    """A file of dist/<app>; its index.html for an address without a suffix, since the app has pages of its own.

    Raises NotFound, WebClientMissing.
    """
    folder = DIST / app
    if not is_built(app):
        raise WebClientMissing("The web client has not been built here; run make run or make demo.")
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        if PurePosixPath(path).suffix:
            raise NotFound("There is no such file.")
        file = folder / "index.html"
    return _sent(file, hashed=file.parent == folder / "assets")


def _sent(file: Path, hashed: bool) -> Response:
    media_type = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packs = media_type.startswith(PACKED)
    packed = packs and "gzip" in request.accept_encodings
    response = Response(_bytes(file, file.stat().st_mtime_ns, packed), content_type=_with_charset(media_type))
    if packed:
        response.content_encoding = "gzip"
    if packs:
        response.vary.add("Accept-Encoding")
    response.headers["Content-Security-Policy"] = _policy(current_app.extensions["bluegrid.settings"].maps)
    response.headers["Permissions-Policy"] = PERMISSIONS
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = ONE_YEAR if hashed else "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _policy(maps: MapSettings) -> str:
    return POLICY.format(maps=f" {TIANDITU}" if maps.tianditu_key else "")


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


@lru_cache(maxsize=512)
def _bytes(file: Path, _written: int, packed: bool) -> bytes:
    data = file.read_bytes()
    return gzip.compress(data, 9, mtime=0) if packed else data
