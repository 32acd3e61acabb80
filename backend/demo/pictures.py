"""Photos for the demo: drawn, with the EXIF that a phone would write. Nothing in them is real."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from fractions import Fraction
from random import Random

from PIL import Image, ImageDraw

SIZE = (1200, 900)
HORIZON = 380
Colour = tuple[int, int, int]
SKIES: tuple[Colour, ...] = ((172, 196, 218), (196, 205, 210), (158, 186, 214), (208, 200, 190))
GROUNDS: tuple[Colour, ...] = ((136, 104, 72), (150, 128, 96), (112, 110, 92), (124, 116, 108))


def photo(caption: str, lon: float, lat: float, taken: datetime) -> bytes:
    """A JPEG of some ground under a sky; EXIF says where (WGS-84) and when. The same input, the same bytes.

    A caption that speaks of fire or smoke has some.
    """
    random = Random(int.from_bytes(hashlib.sha256(caption.encode()).digest()[:8]))  # noqa: S311 (a drawing)
    image = _ground(random)
    draw = ImageDraw.Draw(image)
    for _ in range(random.randint(2, 4)):
        random.choice((_heap, _shed, _tree, _barrels))(draw, random)
    if any(word in caption for word in ("fire", "smoke")):
        _smoke(draw, random)
    draw.rectangle((0, SIZE[1] - 64, SIZE[0], SIZE[1]), fill=(36, 40, 44))
    draw.text((24, SIZE[1] - 54), f"DEMO  {caption}", fill=(235, 235, 235), font_size=40)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, exif=_exif(image, lon, lat, taken))
    return buffer.getvalue()


def _ground(random: Random) -> Image.Image:
    """Sky, two rows of hills, and ground in patches."""
    width, height = SIZE
    image = Image.new("RGB", SIZE, random.choice(SKIES))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        x, y, half = random.randint(0, width), random.randint(20, 220), random.randint(60, 200)
        draw.ellipse((x - half, y - half // 4, x + half, y + half // 4), fill=_near(image.getpixel((2, 2)), random, 18))
    for shade in ((120, 142, 150), (92, 118, 104)):
        line = [(x, HORIZON - random.randint(10, 130)) for x in range(0, width + 150, 150)]
        draw.polygon([(0, height), *line, (width, height)], fill=_near(shade, random, 12))
    ground = random.choice(GROUNDS)
    draw.rectangle((0, HORIZON, width, height), fill=ground)
    for _ in range(60):
        x, y = random.randint(-80, width), random.randint(HORIZON, height)
        draw.ellipse((x, y, x + random.randint(40, 260), y + random.randint(6, 34)), fill=_near(ground, random, 22))
    return image.reduce(4).resize(SIZE, Image.Resampling.BILINEAR)  # what is far is soft


def _near(colour: object, random: Random, by: int) -> Colour:
    assert isinstance(colour, tuple)
    shade = random.randint(-by, by)
    red, green, blue = (max(0, min(255, value + shade + random.randint(-3, 3))) for value in colour)
    return red, green, blue


def _heap(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(120, 1080), random.randint(480, 760)
    wide, high = random.randint(110, 260), random.randint(70, 190)
    base = _near(random.choice(((158, 120, 78), (170, 160, 140), (96, 92, 90))), random, 14)
    draw.polygon([(x - wide, y), (x - wide // 4, y - high), (x + wide // 5, y - high), (x + wide, y)], fill=base)
    lit: Colour = (min(255, base[0] + 22), min(255, base[1] + 20), min(255, base[2] + 16))
    draw.polygon([(x - wide, y), (x - wide // 4, y - high), (x - wide // 6, y)], fill=lit)


def _shed(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(60, 860), random.randint(400, 520)
    wide, high = random.randint(160, 330), random.randint(90, 170)
    wall = _near((196, 190, 180), random, 20)
    draw.rectangle((x, y - high, x + wide, y), fill=wall)
    draw.polygon([(x - 16, y - high), (x + wide // 2, y - high - 60), (x + wide + 16, y - high)], fill=(122, 84, 74))
    draw.rectangle((x + wide // 3, y - high // 2, x + wide // 2, y), fill=(92, 96, 104))


def _tree(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(40, 1160), random.randint(430, 640)
    half = random.randint(50, 110)
    draw.rectangle((x - 9, y - half, x + 9, y), fill=(92, 72, 56))
    draw.ellipse((x - half, y - half * 3, x + half, y - half), fill=_near((84, 122, 78), random, 18))


def _barrels(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(80, 800), random.randint(560, 760)
    for n in range(random.randint(2, 5)):
        left, colour = x + n * 84, _near((76, 104, 140), random, 30)
        draw.rectangle((left, y - 110, left + 70, y), fill=colour)
        draw.ellipse((left, y - 124, left + 70, y - 96), fill=_near(colour, random, 25))


def _smoke(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(200, 1000), random.randint(450, 620)
    for n in range(14):
        half, grey = 24 + n * 7, 120 + n * 6
        left = x + n * random.randint(4, 16)
        draw.ellipse((left - half, y - n * 30 - half, left + half, y - n * 30 + half), fill=(grey, grey, grey + 4))
    draw.polygon([(x - 40, y + 20), (x, y - 40), (x + 44, y + 20)], fill=(214, 120, 52))


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
