"""Photos for phones: noise, which no compression makes small."""

from __future__ import annotations

import io
import random

from PIL import Image


def photo(width: int, height: int) -> bytes:
    """A JPEG of about 1.2 bytes a pixel, the same each time."""
    out = io.BytesIO()
    noise = Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))
    noise.save(out, "JPEG", quality=95)
    return out.getvalue()
