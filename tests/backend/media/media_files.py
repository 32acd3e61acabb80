"""Files that phones make, and files that nobody should make, built in memory."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """A gradient, so that left, right, top and bottom differ."""
    left_to_right = Image.linear_gradient("L").rotate(90).resize((width, height))
    top_to_bottom = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (left_to_right, top_to_bottom, left_to_right))


def image(fmt: str = "JPEG", width: int = 64, height: int = 48, seed: int = 0, **options: object) -> bytes:
    out = io.BytesIO()
    painted = picture(width, height)
    painted.putpixel((0, 0), (seed % 256, seed // 256 % 256, seed // 65536 % 256))
    painted.save(out, fmt, **options)
    return out.getvalue() if fmt != "JPEG" else out.getvalue() + struct.pack(">I", seed)  # trailing bytes: another hash


def exif_of(
    taken: str | None = "2026:11:22 18:03:11",
    offset: str | None = "+08:00",
    lon: float | None = None,
    lat: float | None = None,
    orientation: int | None = None,
) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "HUAWEI", "ALN-AL10", "ALN 4.2"
    if orientation:
        exif[0x0112] = orientation
    detail = exif.get_ifd(0x8769)
    if taken:
        detail[0x9003] = taken
    if offset:
        detail[0x9011] = offset
    if lon is not None and lat is not None:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = "N" if lat >= 0 else "S", _dms(abs(lat))
        gps[3], gps[4] = "E" if lon >= 0 else "W", _dms(abs(lon))
        gps[5], gps[6] = b"\x00", 95.5
        gps[7], gps[29] = (10.0, 3.0, 10.0), "2026:11:22"
    return exif.tobytes()


def _dms(value: float) -> tuple[float, float, float]:
    minutes = (value - int(value)) * 60
    return float(int(value)), float(int(minutes)), round((minutes - int(minutes)) * 60, 4)


def png_header(width: int, height: int) -> bytes:
    """A PNG that states a size and holds next to nothing."""

    def part(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\0" * 64)) + part(b"IEND", b"")


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def film(seconds: float | None, brand: bytes = b"mp42", handlers: tuple[bytes, ...] = (b"vide", b"soun")) -> bytes:
    """The boxes of a film that a reader of lengths looks at; `seconds` None leaves the movie header out."""
    tracks = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13))) for handler in handlers
    )
    header = (
        b"" if seconds is None else box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80)
    )
    return box(b"ftyp", brand + b"\0\0\0\0" + brand) + box(b"mdat", b"\0" * 32) + box(b"moov", header + tracks)
