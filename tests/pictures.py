"""Pictures of varied content, drawn from a seed: skies, grounds, buildings, heaps, fences. No two seeds look alike."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (800, 600)


@lru_cache(maxsize=40)
def scene(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A scene with a horizon, two textured grounds and some dozens of things in it."""
    random = np.random.default_rng(seed)
    width, height = size
    horizon = int(height * random.uniform(0.2, 0.6))
    above, below = random.uniform(120, 230, 3), random.uniform(40, 170, 3)
    sky, ground = _clouds(random, width, height, 1.6), _clouds(random, width, height, 1.1)
    is_sky = (np.arange(height) < horizon)[:, None, None]
    pixels = np.where(is_sky, above + 60 * (sky - 0.5), below + 110 * (ground - 0.5))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(int(random.integers(8, 40))):
        _thing(draw, random, width, height, horizon)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _clouds(random: np.random.Generator, width: int, height: int, steepness: float) -> np.ndarray:
    square = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width)[None] ** 2
    square[0, 0] = 1
    waves = random.normal(size=square.shape) + 1j * random.normal(size=square.shape)
    found = np.fft.irfft2(waves / square ** (steepness / 2), (height, width))
    return ((found - found.min()) / np.ptp(found))[..., None]


def _thing(draw: ImageDraw.ImageDraw, random: np.random.Generator, width: int, height: int, horizon: int) -> None:
    x, y = int(random.integers(0, width)), int(random.integers(horizon - height // 20, height))
    s = int(random.integers(width // 80, width // 6))
    colour = tuple(int(value) for value in random.integers(10, 245, 3))
    match int(random.integers(0, 4)):
        case 0:
            draw.rectangle([x - s, y - s, x + s // 2, y], fill=colour)
        case 1:
            draw.ellipse([x - s, y - s // 2, x + s, y + s // 2], fill=colour)
        case 2:
            draw.polygon([(x - s, y), (x, y - s), (x + s, y)], fill=colour)
        case _:
            draw.line([x, y, x + int(random.integers(-s, s + 1)), y - s], fill=colour, width=s // 10 + 2)


def jpeg(image: Image.Image, quality: int = 85, exif: bytes = b"") -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def part(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """A part of about that share of both sides, anywhere within."""
    width, height = (min(side, int(side * share * random.uniform(0.95, 1.05))) for side in image.size)
    left, top = (
        int(random.integers(0, whole - cut + 1)) for whole, cut in zip(image.size, (width, height), strict=True)
    )
    return image.crop((left, top, left + width, top + height))
