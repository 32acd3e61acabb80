"""Photos for the demo: drawn, with the EXIF that a phone would write. Nothing in them is real."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw

SIZE = (1600, 1200)
SKY, GROUND = (172, 190, 208), (136, 98, 62)


def photo(caption: str, lon: float, lat: float, taken: datetime) -> bytes:
    """A JPEG of a field under a sky, with position (WGS-84) and time in its EXIF; the same input, the same bytes."""
    seed = int.from_bytes(hashlib.sha256(caption.encode()).digest()[:8])
    random = np.random.default_rng(seed)
    rows = np.linspace(0, 1, SIZE[1])[:, None, None]
    base = np.where(rows < 0.45, np.array(SKY), np.array(GROUND))
    noise = random.normal(0, 14, (SIZE[1] // 8, SIZE[0] // 8, 3)).repeat(8, 0).repeat(8, 1)
    image = Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = int(random.integers(0, SIZE[0])), int(random.integers(560, SIZE[1]))
        half = int(random.integers(10, 90))
        colour = tuple(int(value) for value in random.integers(50, 170, 3))
        draw.polygon([(x - half, y), (x, y - half), (x + half, y)], fill=colour)
    draw.text((40, 40), f"DEMO  {caption}", fill=(20, 20, 20), font_size=56)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, exif=_exif(image, lon, lat, taken))
    return buffer.getvalue()


def _exif(image: Image.Image, lon: float, lat: float, taken: datetime) -> Image.Exif:
    exif = image.getexif()
    exif[0x010F], exif[0x0110] = "Bluegrid", "demo"
    details = exif.get_ifd(0x8769)
    details[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    details[0x9011] = taken.strftime("%z")[:3] + ":" + taken.strftime("%z")[3:]
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N" if lat >= 0 else "S", _dms(lat)
    gps[3], gps[4] = "E" if lon >= 0 else "W", _dms(lon)
    return exif


def _dms(degrees: float) -> tuple[float, float, float]:
    value = abs(Fraction(degrees).limit_denominator(10**7))
    whole, minutes = int(value), int(value * 60) % 60
    seconds = float((value * 3600) % 60)
    return float(whole), float(minutes), round(seconds, 4)
