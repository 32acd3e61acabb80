"""The font in which Chinese is drawn: Noto Sans SC, from a package that carries it (SIL Open Font License 1.1).

So a fresh machine draws Chinese without a font of its own being installed.
"""

from __future__ import annotations

from functools import lru_cache

import pylopdf_fonts_zh_cn
from PIL import ImageFont


def path() -> str:
    """The font's file (OpenType with CFF outlines)."""
    return str(pylopdf_fonts_zh_cn.sans_path())


@lru_cache(maxsize=16)
def chinese(size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels; it has Latin letters too."""
    return ImageFont.truetype(path(), size)
