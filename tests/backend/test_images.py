"""What bytes are judged to be, what their EXIF says, and what a thumbnail of them looks like."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from backend import images, media_types
from backend.services import media
from tests.backend.media.media_files import box, exif_of, film, image, png_header

# Pillow warns of what it trips over; here it is made to.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}


def judged(data: bytes) -> media.Verdict:
    return media.judge(io.BytesIO(data))


@pytest.mark.parametrize(("media_type", "fmt"), FORMATS.items())
def test_an_image_is_known_by_its_bytes(media_type: str, fmt: str) -> None:
    verdict = judged(image(fmt, 64, 48))
    assert (verdict.media_type, verdict.code) == (media_type, None)
    assert (verdict.facts["width"], verdict.facts["height"]) == (64, 48)


@pytest.mark.parametrize(("media_type", "fmt"), FORMATS.items())
def test_a_truncated_image_is_broken(media_type: str, fmt: str) -> None:
    whole = image(fmt, 640, 480)
    verdict = judged(whole[: len(whole) * 2 // 3])
    assert (verdict.status, verdict.code) == ("refused", "image-broken")


def test_an_image_of_too_many_pixels_is_refused_from_its_header_alone() -> None:
    assert judged(png_header(100_000, 100_000)).code == "image-too-large"
    assert judged(png_header(12_000, 12_000)).code == "image-too-large"
    assert judged(png_header(images.MAX_PIXELS // 1000, 1001)).code == "image-too-large"


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is no image",
        b"MZ\x90\x00" + b"\0" * 100,
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 50,
        b"PK\x03\x04" + b"\0" * 50,
        b"\x1aE\xdf\xa3\x93\x42\x82\x88matroska" + b"\0" * 50,
        b"OggS" + b"\0" * 22 + b"\x01\x2a" + b"\x80theora" + b"\0" * 50,
        box(b"ftyp", b"avif\0\0\0\0avifmif1"),
        b"\xff",
        b"\0",
    ],
)
def test_what_is_of_no_allowed_kind_is_refused(data: bytes) -> None:
    verdict = judged(data)
    assert (verdict.status, verdict.code) == ("refused", "media-kind-refused")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (film(5), "video/mp4"),
        (film(5, b"qt  "), "video/quicktime"),
        (film(5, b"3gp4"), "video/3gpp"),
        (film(5, b"3gp4", (b"soun",)), "audio/3gpp"),
        (film(5, b"mp42", (b"soun",)), "audio/mp4"),
        (film(5, b"M4A "), "audio/mp4"),
        (b"\x1aE\xdf\xa3\x93\x42\x82\x84webm" + b"\0" * 50, "video/webm"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"#!AMR\n" + b"\x3c" * 32, "audio/amr"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + b"\0" * 400, "audio/mpeg"),
        (b"OggS" + b"\0" * 22 + b"\x01\x13" + b"OpusHead" + b"\0" * 20, "audio/ogg"),
    ],
)
def test_films_audio_and_documents_are_known_by_their_bytes(data: bytes, media_type: str) -> None:
    verdict = judged(data)
    assert (verdict.media_type, verdict.status) == (media_type, "stored")


def test_a_film_lasts_a_minute_at_most() -> None:
    assert judged(film(60)).code is None
    assert judged(film(60.9)).code is None
    assert judged(film(62)).code == "film-too-long"
    assert judged(film(60)).facts == {"kind": "film", "seconds": 60.0}


def test_a_film_that_does_not_say_its_length_is_kept_and_flagged() -> None:
    for silent in (film(None), film(0), box(b"ftyp", b"mp42\0\0\0\0mp42") + b"\0\0\0\x01"):
        verdict = judged(silent)
        assert verdict.code is None
        assert verdict.facts["flags"] == ["duration-unknown"]


def test_a_long_film_in_64_bit_boxes_is_known_too() -> None:
    header = box(b"mvhd", b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, 600, 600 * 3600))
    moov = struct.pack(">I", 1) + b"moov" + struct.pack(">Q", len(header) + 16) + header
    assert judged(box(b"ftyp", b"mp42\0\0\0\0mp42") + moov).code == "film-too-long"


@given(st.binary(max_size=300))
def test_reading_the_length_of_broken_films_never_raises(noise: bytes) -> None:
    media_types.film_of(io.BytesIO(box(b"ftyp", b"mp42\0\0\0\0") + noise))
    media_types.film_of(io.BytesIO(box(b"moov", noise)))
    media_types.film_of(io.BytesIO(box(b"moov", box(b"mvhd", noise) + box(b"trak", box(b"mdia", noise)))))


def test_exif_is_read_as_degrees_and_instants() -> None:
    exif = exif_of(lon=109.4281, lat=24.3264, orientation=6)
    facts = judged(image("JPEG", exif=exif)).facts["exif"]
    assert facts["taken_at"] == "2026-11-22T18:03:11+08:00"
    assert facts["gps"]["lon"] == pytest.approx(109.4281, abs=1e-6)
    assert facts["gps"]["lat"] == pytest.approx(24.3264, abs=1e-6)
    assert facts["gps"]["altitude_m"] == 95.5
    assert facts["gps"]["at"] == "2026-11-22T10:03:10Z"
    assert (facts["make"], facts["model"], facts["software"], facts["orientation"]) == (
        "HUAWEI",
        "ALN-AL10",
        "ALN 4.2",
        6,
    )


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "HEIF"])
def test_exif_is_read_from_each_kind_of_image(fmt: str) -> None:
    facts = judged(image(fmt, exif=exif_of(lon=-109.5, lat=-24.5))).facts["exif"]
    assert (facts["gps"]["lon"], facts["gps"]["lat"]) == (-109.5, -24.5)


def test_a_time_without_an_offset_stays_without_one() -> None:
    assert judged(image(exif=exif_of(offset=None))).facts["exif"]["taken_at"] == "2026-11-22T18:03:11"


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "2026:13:45 99:00:00", "\x00"])
def test_a_time_that_is_none_is_left_out(taken: str) -> None:
    assert "taken_at" not in judged(image(exif=exif_of(taken=taken))).facts["exif"]


def test_a_position_that_is_none_is_left_out() -> None:
    assert "gps" not in judged(image(exif=exif_of(lon=109.0, lat=95.0))).facts["exif"]
    assert "gps" not in judged(image(exif=exif_of(lon=0.0, lat=0.0))).facts["exif"]


@given(st.binary(min_size=8, max_size=400), st.integers(0, 300))
@example(b"\0" * 8, 0)
def test_malformed_exif_never_costs_a_photo(noise: bytes, at: int) -> None:
    good = exif_of(lon=109.4, lat=24.3)
    spoiled = good[:at] + noise + good[at + len(noise) :]
    plain = image("JPEG", 16, 16)
    segment = b"\xff\xe1" + struct.pack(">H", len(spoiled) + 2) + spoiled
    verdict = judged(plain[:2] + segment + plain[2:])
    assert verdict.code is None
    assert isinstance(verdict.facts["exif"], dict)


def test_text_in_exif_fits_any_database() -> None:
    exif = Image.Exif()
    exif[0x010F] = "HUA\ud800WEI\x07".encode("utf-8", "surrogatepass").decode("latin-1") + "x" * 500
    make = judged(image(exif=exif.tobytes())).facts["exif"]["make"]
    assert len(make) <= images.TEXT_LENGTH
    assert make.isprintable()


@pytest.mark.parametrize(("media_type", "fmt"), FORMATS.items())
def test_a_thumbnail_is_a_small_jpeg(media_type: str, fmt: str) -> None:
    made = images.thumbnail(io.BytesIO(image(fmt, 1200, 900)), media_type, 400)
    with Image.open(io.BytesIO(made)) as small:
        assert (small.format, small.size) == ("JPEG", (400, 300))
        assert not small.getexif()


def test_a_thumbnail_stands_upright_and_its_original_stays_as_it_is() -> None:
    original = image("JPEG", 1200, 900, exif=exif_of(orientation=6))  # the camera was turned: show it rotated by 90°
    with Image.open(io.BytesIO(images.thumbnail(io.BytesIO(original), "image/jpeg", 400))) as small:
        assert small.size == (300, 400)
        left, right = small.getpixel((10, 200)), small.getpixel((290, 200))
    assert left[1] > right[1] + 100  # the bottom of the original, where green is strong, is now on the left
    with Image.open(io.BytesIO(original)) as kept:
        assert kept.size == (1200, 900)


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(images.thumbnail(out, "image/png", 100))) as small:
        assert small.getpixel((25, 25)) == (255, 255, 255)


def test_few_sizes_of_thumbnails_are_kept() -> None:
    assert [images.thumbnail_size(asked) for asked in (1, 100, 101, 400, 1600)] == [100, 100, 200, 400, 1600]
