"""A 400 px thumbnail of a 12-megapixel JPEG, as a ratio to bare Pillow in draft mode on the same bytes in the same run.

    python bench/thumbnail_bench.py [--rounds 30] [--json FILE]

Ours also turns the picture upright, drops its EXIF and waits for a decoding slot. Rounds alternate, so that a machine
that slows down slows both.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from backend import images

SIZE = 400


def photo() -> bytes:
    """12 megapixels with the detail of a real scene: blurred noise, 4 to 5 MB."""
    noise = np.random.default_rng(7).integers(0, 255, (750, 1000, 3), dtype=np.uint8)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def bare(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (SIZE, SIZE))
        image.thumbnail((SIZE, SIZE))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=images.THUMBNAIL_QUALITY)
    return out.getvalue()


def ours(data: bytes) -> bytes:
    return images.thumbnail(io.BytesIO(data), "image/jpeg", SIZE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data = photo()
    taken: dict[str, list[float]] = {"bare": [], "ours": []}
    for make in (bare, ours):
        make(data)
    for _ in range(arguments.rounds):
        for name, make in (("bare", bare), ("ours", ours)):
            start = perf_counter()
            make(data)
            taken[name].append((perf_counter() - start) * 1000)
    ours_ms, bare_ms = statistics.median(taken["ours"]), statistics.median(taken["bare"])
    result = {
        "bench": "thumbnail",
        "reference": "Pillow, draft mode",
        "bytes": len(data),
        "ours_ms": round(ours_ms, 2),
        "reference_ms": round(bare_ms, 2),
        "ratio": round(ours_ms / bare_ms, 3),
    }
    print(
        f"thumbnail of 12 MP: {result['ours_ms']} ms, bare Pillow in draft mode {result['reference_ms']} ms, "
        f"ratio {result['ratio']}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
