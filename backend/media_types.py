"""What kind of file some bytes are, judged from the bytes and never from a name; and how long a film lasts.

Pure functions of a readable, seekable stream. Allowed are images, films, audio and PDF; everything else is None.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

HEAD_BYTES = 4096
MAX_BOXES = 4096  # a film of 60 s has a few hundred; a hostile one could have millions

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})
FILMS = frozenset({"video/mp4", "video/quicktime", "video/3gpp", "video/webm"})
AUDIO = frozenset({"audio/mp4", "audio/mpeg", "audio/ogg", "audio/amr", "audio/wav", "audio/3gpp"})

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/webm": "webm",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/3gpp": "3gp",
    "application/pdf": "pdf",
}

_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"), "video/mp4"),
    **dict.fromkeys((b"M4V ", b"MSNV", b"dash", b"f4v "), "video/mp4"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    b"qt  ": "video/quicktime",
}
_SOUND_ONLY = {"video/mp4": "audio/mp4", "video/quicktime": "audio/mp4", "video/3gpp": "audio/3gpp"}
_OGG_AUDIO = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC")


@dataclass(frozen=True, slots=True)
class Film:
    """What the headers of an ISO media file say. `seconds` is None when they do not say it."""

    seconds: float | None
    picture: bool
    sound: bool


def media_type_of(file: BinaryIO) -> str | None:
    """The media type, None for a kind that is not allowed."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = _by_signature(head) or _ogg(head) or _iso(head)
    if found in _SOUND_ONLY:
        film = film_of(file)
        if film.sound and not film.picture:
            return _SOUND_ONLY[found]
    return found


def film_of(file: BinaryIO) -> Film:
    """Length and tracks of an MP4, MOV or 3GP; never raises on broken bytes."""
    try:
        return _film(file)
    except (struct.error, OSError, ValueError, OverflowError):
        return Film(None, picture=False, sound=False)


def _by_signature(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "audio/amr"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else None
    if head.startswith(b"ID3") or _is_mpeg_audio(head):
        return "audio/mpeg"
    return None


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame header of MPEG audio layer III: sync, and neither a reserved nor a forbidden field."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and rate not in (0, 15) and frequency != 3


def _ogg(head: bytes) -> str | None:
    """Ogg holds films too; the first packet names the codec."""
    if not head.startswith(b"OggS") or len(head) < 28:
        return None
    packet = head[27 + head[26] :]
    return "audio/ogg" if packet.startswith(_OGG_AUDIO) else None


def _iso(head: bytes) -> str | None:
    if head[4:8] != b"ftyp":
        old_quicktime = head[4:8] in (b"moov", b"mdat", b"wide", b"free") and len(head) >= 16
        return "video/quicktime" if old_quicktime else None
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] in (b"avif", b"avis") or (brands[0] in (b"mif1", b"msf1") and b"avif" in brands):
        return None
    for brand in brands:
        if brand.startswith((b"3gp", b"3g2")):
            return "video/3gpp"
        if brand in _BRANDS:
            return _BRANDS[brand]
    return None


def _film(file: BinaryIO) -> Film:
    end = file.seek(0, 2)
    boxes = _Boxes(file)
    ticks = scale = 0
    kinds: set[bytes] = set()
    for name, start, stop in boxes.within(0, end):
        if name != b"moov":
            continue
        for inner, inner_start, inner_stop in boxes.within(start, stop):
            if inner == b"mvhd":
                scale, ticks = _movie_header(boxes.read(inner_start, 32))
            elif inner == b"mvex":
                for deeper, deeper_start, _ in boxes.within(inner_start, inner_stop):
                    if deeper == b"mehd":  # a film in fragments says its length here
                        ticks = ticks or _fragment_length(boxes.read(deeper_start, 12))
            elif inner == b"trak":
                kinds |= set(_handlers(boxes, inner_start, inner_stop))
    unknown = scale == 0 or ticks in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return Film(None if unknown else ticks / scale, picture=b"vide" in kinds, sound=b"soun" in kinds)


class _Boxes:
    """Walks the boxes of an ISO media file, never beyond their parent and never more than MAX_BOXES."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_BOXES

    def read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def within(self, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
        """Name, first and last+1 position of the content of each box."""
        while start + 8 <= stop and self._left > 0:
            self._left -= 1
            head = self.read(start, 16)
            size, name, header = int.from_bytes(head[:4], "big"), head[4:8], 8
            if size == 1:
                size, header = int.from_bytes(head[8:16], "big"), 16
            elif size == 0:
                size = stop - start
            if size < header:
                return
            yield name, start + header, min(start + size, stop)
            start += size


def _movie_header(content: bytes) -> tuple[int, int]:
    """Ticks a second, and length in ticks."""
    if content[0] == 1:
        scale, ticks = struct.unpack_from(">IQ", content, 20)
    else:
        scale, ticks = struct.unpack_from(">II", content, 12)
    return scale, ticks


def _fragment_length(content: bytes) -> int:
    (ticks,) = struct.unpack_from(">Q" if content[0] == 1 else ">I", content, 4)
    return int(ticks)


def _handlers(boxes: _Boxes, start: int, stop: int) -> Iterator[bytes]:
    for name, media_start, media_stop in boxes.within(start, stop):
        if name == b"mdia":
            for inner, inner_start, _ in boxes.within(media_start, media_stop):
                if inner == b"hdlr":
                    yield boxes.read(inner_start, 12)[8:12]
