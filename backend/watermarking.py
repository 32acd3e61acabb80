"""Words drawn onto a copy of a picture. Knows pictures and lines of text; nothing of what the lines say."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageFont

from backend import fonts, images

QUALITY = 85
_SHADE, _INK = (0, 0, 0, 150), (255, 255, 255, 255)
_LEAST_TEXT, _SHARE = 11, 45


def marked(file: BinaryIO, media_type: str, size: int, lines: Sequence[str]) -> bytes:
    """A JPEG of at most `size` pixels a side with the lines on a dark strip at its foot.

    Lines break where they would leave the picture; what would cover more than the picture is cut off at its top.
    Raises images.ImageBroken, images.ImageTooLarge.
    """
    picture = images.upright(file, media_type, size).convert("RGBA")
    text = max(_LEAST_TEXT, picture.width // _SHARE)
    font, margin = fonts.chinese(text), text // 2
    broken = [part for line in lines for part in _broken(line, font, picture.width - 2 * margin)]
    step = round(text * 1.4)
    top = picture.height - step * len(broken) - margin
    shade = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(shade)
    draw.rectangle((0, max(top - margin, 0), picture.width, picture.height), fill=_SHADE)
    for index, line in enumerate(broken):
        draw.text((margin, top + index * step), line, font=font, fill=_INK)
    out = io.BytesIO()
    Image.alpha_composite(picture, shade).convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _broken(line: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A line as the lines that it takes. Chinese breaks anywhere, and so does all else here."""
    parts, rest = [], line
    while rest:
        end = len(rest)
        while end > 1 and font.getlength(rest[:end]) > width:
            end = max(1, min(end - 1, int(end * width / font.getlength(rest[:end]))))
        parts.append(rest[:end])
        rest = rest[end:]
    return parts
