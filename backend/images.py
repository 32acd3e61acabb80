"""Reads facts from image bytes, and derives thumbnails; originals are never changed.

Facts are a plain dict that JSON can hold: `kind`, `width`, `height`, `exif`. `exif` has, as far as the file says it,
`taken_at` and `modified_at` (RFC 3339; without an offset when the camera gave none), `gps` {"lon", "lat",
"altitude_m", "at"} in WGS-84 degrees, metres and UTC, `make`, `model`, `software`, `orientation` (1 to 8). Whatever is
malformed there is left out.
"""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import pillow_heif
from PIL import ExifTags, Image, ImageOps

MAX_PIXELS = 100_000_000
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
THUMBNAIL_SIZES = (100, 200, 400, 800, 1600)
THUMBNAIL_QUALITY = 80
TEXT_LENGTH = 200

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns above it, and refuses above twice that before it decodes
# A decoded image of 100 megapixels takes 300 MB: two at a time keep a burst of photos from taking the machine.
_decoding = threading.BoundedSemaphore(2)


class ImageBroken(ValueError):
    """The bytes begin like an image and cannot be decoded to their end."""

    code = "image-broken"


class ImageTooLarge(ValueError):
    """The header states more pixels than MAX_PIXELS; nothing was decoded."""

    code = "image-too-large"


def read_facts(file: BinaryIO, media_type: str) -> dict[str, Any]:
    """The facts of an image, which is decoded once to its end.

    Raises ImageTooLarge from the header alone, ImageBroken for a truncated or undecodable image.
    """
    with _open(file, media_type) as image:
        facts: dict[str, Any] = {"kind": "image", "width": image.width, "height": image.height}
        facts["exif"] = read_exif(image)
        _decode(image)
    return facts


def read_exif(image: Image.Image) -> dict[str, Any]:
    """What the EXIF block says, without what is malformed; never raises."""
    try:
        main: Mapping[int, Any] = image.getexif()
        detail: Mapping[int, Any] = _block(main, ExifTags.IFD.Exif)
        gps: Mapping[int, Any] = _block(main, ExifTags.IFD.GPSInfo)
    except Exception:  # a parser fed with hostile bytes: whatever it trips over, the photo counts
        return {}
    found = {
        "taken_at": _or_none(_taken_at, detail),
        "modified_at": _or_none(_modified_at, main),
        "gps": _or_none(_gps, gps),
        "make": _or_none(_text, main.get(ExifTags.Base.Make)),
        "model": _or_none(_text, main.get(ExifTags.Base.Model)),
        "software": _or_none(_text, main.get(ExifTags.Base.Software)),
        "orientation": _or_none(_orientation, main.get(ExifTags.Base.Orientation)),
    }
    return {name: value for name, value in found.items() if value is not None}


def thumbnail(file: BinaryIO, media_type: str, size: int) -> bytes:
    """A JPEG of at most `size` pixels a side, upright, without EXIF; raises ImageBroken, ImageTooLarge."""
    out = io.BytesIO()
    upright(file, media_type, size).save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()


def upright(file: BinaryIO, media_type: str, size: int) -> Image.Image:
    """A copy of at most `size` pixels a side, as it is to be looked at; raises ImageBroken, ImageTooLarge."""
    with _open(file, media_type) as image, _decoding:
        try:
            image.draft(None, (size, size))  # a JPEG is decoded at the least scale that will do
            image.thumbnail((size, size))
            return _on_white(ImageOps.exif_transpose(image))
        except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
            raise ImageBroken(str(error)) from error


def grey(file: BinaryIO, media_type: str, side: int) -> Image.Image:
    """The picture upright and grey, its longer side `side` pixels; raises ImageBroken, ImageTooLarge."""
    with _open(file, media_type) as image, _decoding:
        try:
            image.draft(None, (side, side))
            upright = _on_white(ImageOps.exif_transpose(image)).convert("L")
        except Exception as error:  # as in _open
            raise ImageBroken(str(error)) from error
    scale = side / max(upright.size)
    size = (max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
    return upright.resize(size, Image.Resampling.BOX)


def thumbnail_size(asked: int) -> int:
    """The least size kept that is not below the one asked for; few sizes, so that the cache stays small."""
    return next((size for size in THUMBNAIL_SIZES if size >= asked), THUMBNAIL_SIZES[-1])


def _open(file: BinaryIO, media_type: str) -> Image.Image:
    file.seek(0)
    try:
        image = Image.open(file, formats=(FORMATS[media_type],))
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(str(error)) from error
    except Exception as error:  # parsers of hostile bytes raise what they like
        raise ImageBroken(str(error)) from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLarge(f"{image.width} × {image.height} pixels are over {MAX_PIXELS}")
    return image


def _decode(image: Image.Image) -> None:
    """Decode to the end; a JPEG at an eighth of its size, which reads every byte and takes a 64th of the memory."""
    with _decoding:
        try:
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
        except Image.DecompressionBombError as error:
            raise ImageTooLarge(str(error)) from error
        except Exception as error:  # as above
            raise ImageBroken(str(error)) from error


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image.convert("RGB")


def _or_none(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except Exception:  # each field by itself: one that is malformed does not cost the others
        return None


def _block(main: Any, which: int) -> Mapping[int, Any]:
    try:
        block: Mapping[int, Any] = main.get_ifd(which)
    except Exception:  # as above
        return {}
    return block


def _text(value: Any) -> str | None:
    if isinstance(value, str):  # Pillow takes the bytes for Latin-1; programs here write UTF-8
        with suppress(UnicodeError):
            value = value.encode("latin-1").decode("utf-8")
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    cleaned = "".join(c for c in value.split("\0")[0] if c.isprintable()).strip()
    return cleaned[:TEXT_LENGTH] or None


def _orientation(value: Any) -> int | None:
    return int(value) if 1 <= int(value) <= 8 else None


def _taken_at(detail: Mapping[int, Any]) -> str | None:
    text = _text(detail.get(ExifTags.Base.DateTimeOriginal) or detail.get(ExifTags.Base.DateTimeDigitized))
    if text is None:
        return None
    moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 (the zone, if any, is another field)
    offset = _text(detail.get(ExifTags.Base.OffsetTimeOriginal)) or ""
    return moment.isoformat() + (offset if re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", offset) else "")


def _modified_at(main: Mapping[int, Any]) -> str | None:
    """When the file was last changed, by the clock of whatever changed it; no zone is to be had."""
    text = _text(main.get(ExifTags.Base.DateTime))
    return None if text is None else datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007


def _gps(block: Mapping[int, Any]) -> dict[str, Any] | None:
    lat = _degrees(block.get(ExifTags.GPS.GPSLatitude), block.get(ExifTags.GPS.GPSLatitudeRef), "NS", 90)
    lon = _degrees(block.get(ExifTags.GPS.GPSLongitude), block.get(ExifTags.GPS.GPSLongitudeRef), "EW", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):  # 0, 0 is what cameras write before a fix
        return None
    found: dict[str, Any] = {"lon": lon, "lat": lat}
    altitude, at = _or_none(_altitude, block), _or_none(_gps_time, block)
    if altitude is not None:
        found["altitude_m"] = altitude
    if at is not None:
        found["at"] = at
    return found


def _degrees(parts: Any, side: Any, sides: str, limit: int) -> float | None:
    side = (_text(side) or "").upper()[:1]
    if parts is None or side not in tuple(sides) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or min(degrees, minutes, seconds) < 0 or value > limit:
        return None
    return round(-value if side == sides[1] else value, 8)


def _altitude(block: Mapping[int, Any]) -> float | None:
    value = float(block[ExifTags.GPS.GPSAltitude])
    below = block.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01")
    return round(-value if below else value, 2) if math.isfinite(value) else None


def _gps_time(block: Mapping[int, Any]) -> str | None:
    day = datetime.strptime(_text(block[ExifTags.GPS.GPSDateStamp]) or "", "%Y:%m:%d").replace(tzinfo=UTC)
    hours, minutes, seconds = (float(part) for part in block[ExifTags.GPS.GPSTimeStamp])
    at = day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
