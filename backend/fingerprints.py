"""Fingerprints of pictures: what is left of one after it is stored anew, made smaller, made brighter or cropped.

A picture has one hash of its whole and up to sixteen of its details. Each is 63 bits: the signs of the lowest
frequencies of a small grey picture (a discrete cosine transform), which recompressing and scaling hardly move. Details
sit where the picture itself says so, on blobs of light and dark found over scales, so that a crop has those of its
original; two pictures that share details in the same arrangement are then compared point by point.

The published packages need scipy and PyWavelets for the first half and have no place for the second: this is numpy and
Pillow alone. Knows pictures; nothing of files, tables or what a picture is evidence of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
from PIL import Image

from backend import images

BITS = 63
BANDS, BAND_BITS = 3, 21
NEAR_BITS = 5
"""Hashes that differ in no more are found for certain: of three bands one then differs in one bit at most."""
DETAILS = 16
SIDE, SKETCH_SIDE = 256, 64
_HASH_SIDE, _FREQUENCIES = 32, 8
_COARSE = 2  # blobs are sought on a copy that is so much smaller: none of them is small
_SIGMA, _SCALES, _SCALES_AN_OCTAVE = 2.5, 12, 3
_REACH = 2.5  # of a detail's window, in units of its blob
_LEAST_DETAIL, _LEAST_CONTRAST = 2.0, 4.0  # grey levels: below, a hash is of noise
_LIKE_BITS, _VOTES, _SAME = 12, 2, 0.9
_SCALE_SLACK, _SHIFT_SLACK = 0.12, 0.03

Grey = np.ndarray[Any, np.dtype[np.float64]]


class Sketch(NamedTuple):
    """A small grey copy, row by row, to compare with."""

    width: int
    height: int
    grey: bytes


class Detail(NamedTuple):
    """A hash of a square around `x`, `y` of half-side `r`, all in units of the picture's longer side."""

    hash: int
    x: float
    y: float
    r: float


class Fingerprint(NamedTuple):
    """`whole` is None for a picture without contrast, of which nothing can be told."""

    whole: int | None
    details: tuple[Detail, ...]
    sketch: Sketch


Likeness = Literal["same", "crop"]


def of(file: BinaryIO, media_type: str) -> Fingerprint:
    """The fingerprint of an image's bytes; raises images.ImageBroken, images.ImageTooLarge."""
    return of_picture(images.grey(file, media_type, SIDE))


def of_picture(picture: Image.Image) -> Fingerprint:
    """The fingerprint of an upright grey picture whose longer side is SIDE."""
    scale = SKETCH_SIDE / max(picture.size)
    small = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BOX
    )
    whole = _hash(picture, None) if np.asarray(small, float).std() >= _LEAST_CONTRAST else None
    longer = float(max(picture.size))
    found = [
        Detail(_hash(picture, (x - r, y - r, x + r, y + r)), x / longer, y / longer, r / longer)
        for x, y, r in _squares(picture)
    ]
    return Fingerprint(whole, tuple(found) if whole is not None else (), Sketch(*small.size, small.tobytes()))


def bands(hash: int) -> tuple[int, int, int]:
    """The three parts by which a hash is looked up."""
    mask = (1 << BAND_BITS) - 1
    return hash >> 2 * BAND_BITS, hash >> BAND_BITS & mask, hash & mask


def joined(parts: Sequence[int]) -> int:
    """The hash of its three parts."""
    first, second, third = parts
    return first << 2 * BAND_BITS | second << BAND_BITS | third


def neighbours(band: int) -> tuple[int, ...]:
    """A band and all that differ from it in one bit."""
    return (band, *(band ^ 1 << bit for bit in range(BAND_BITS)))


def likeness(one: Fingerprint, other: Fingerprint) -> Likeness | None:
    """Whether two pictures are the `same` one, or one of them shows a part of the other (`crop`); else None."""
    if one.whole is None or other.whole is None:
        return None
    if (one.whole ^ other.whole).bit_count() <= NEAR_BITS and _agree(one.sketch, other.sketch, 1.0, 0.0, 0.0):
        return "same"
    return "crop" if any(_agree(one.sketch, other.sketch, *way) for way in _arrangements(one, other)) else None


def _arrangements(one: Fingerprint, other: Fingerprint) -> list[tuple[float, float, float]]:
    """How `other` may lie on `one` (a scale, a shift): what at least two details that look alike agree on."""
    pairs = [(a, b) for a in one.details for b in other.details if (a.hash ^ b.hash).bit_count() <= _LIKE_BITS]
    found: list[tuple[int, tuple[float, float, float]]] = []
    for a, b in pairs:
        scale = a.r / b.r
        dx, dy = a.x - scale * b.x, a.y - scale * b.y
        agreeing = [(p, q) for p, q in pairs if _fits(p, q, scale, dx, dy)]
        if len({q for _, q in agreeing}) >= _VOTES:
            found.append((len(agreeing), _fitted(agreeing) or (scale, dx, dy)))
    found.sort(reverse=True)
    return [way for _, way in found[:5]]


def _fits(a: Detail, b: Detail, scale: float, dx: float, dy: float) -> bool:
    return (
        abs(a.r / b.r / scale - 1) < _SCALE_SLACK
        and abs(a.x - scale * b.x - dx) < _SHIFT_SLACK
        and abs(a.y - scale * b.y - dy) < _SHIFT_SLACK
    )


def _fitted(pairs: Sequence[tuple[Detail, Detail]]) -> tuple[float, float, float] | None:
    """The scale and shift that suit all pairs best; None when they lie on one point."""
    a = np.array([(p.x, p.y) for p, _ in pairs])
    b = np.array([(q.x, q.y) for _, q in pairs])
    a0, b0 = a.mean(0), b.mean(0)
    spread = float(((b - b0) ** 2).sum())
    if spread < 1e-4:
        return None
    scale = float(((a - a0) * (b - b0)).sum()) / spread
    if not 0.2 < scale < 5:
        return None
    dx, dy = a0 - scale * b0
    return scale, float(dx), float(dy)


def _agree(one: Sketch, other: Sketch, scale: float, dx: float, dy: float) -> bool:
    """Whether the part that both show looks the same: their correlation, whatever the brightness."""
    a, b = _picture(one), _picture(other)
    unit_a, unit_b = float(max(a.size)), float(max(b.size))
    left, top = max(0.0, dx), max(0.0, dy)
    right = min(a.width / unit_a, dx + scale * b.width / unit_b)
    bottom = min(a.height / unit_a, dy + scale * b.height / unit_b)
    if right - left < 0.25 or bottom - top < 0.2:
        return False
    of_a = (left * unit_a, top * unit_a, right * unit_a, bottom * unit_a)

    def there(edge: float, shift: float, limit: int) -> float:
        return min(max((edge - shift) / scale * unit_b, 0.0), float(limit))

    of_b = there(left, dx, b.width), there(top, dy, b.height), there(right, dx, b.width), there(bottom, dy, b.height)
    p, q = (
        np.asarray(picture.resize((16, 16), Image.Resampling.BILINEAR, box=box), np.float64).ravel()
        for picture, box in ((a, of_a), (b, of_b))
    )
    if min(p.std(), q.std()) < _LEAST_CONTRAST:
        return False
    return float(np.corrcoef(p, q)[0, 1]) >= _SAME


def _picture(sketch: Sketch) -> Image.Image:
    return Image.frombytes("L", (sketch.width, sketch.height), sketch.grey)


@cache
def _cosines() -> Grey:
    index = np.arange(_HASH_SIDE)
    return np.cos(np.pi * (2 * index[None] + 1) * index[:_FREQUENCIES, None] / (2 * _HASH_SIDE))


def _hash(picture: Image.Image, box: tuple[float, float, float, float] | None) -> int:
    """One bit for each of the 63 lowest frequencies but the mean: is it above the median?"""
    small = np.asarray(picture.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BILINEAR, box=box), float)
    lowest = (_cosines() @ small @ _cosines().T).ravel()[1:]
    return int.from_bytes(np.packbits(np.concatenate([[False], lowest > np.median(lowest)])).tobytes())


def _squares(picture: Image.Image) -> list[tuple[float, float, float]]:
    """The squares around a picture's blobs that lie within it: x, y and half-side, in pixels."""
    coarse = np.asarray(picture.reduce(_COARSE), np.float64)
    found = [(x * _COARSE, y * _COARSE, r * _COARSE) for x, y, r in _blobs(coarse)]
    return [(x, y, r) for x, y, r in found if x + r <= picture.width and y + r <= picture.height]


def _blobs(picture: Grey) -> list[tuple[float, float, float]]:
    """The strongest extrema of the differences of Gaussians over place and scale: x, y and half-side, in pixels."""
    strength = np.abs(_differences(picture))
    levels, height, width = strength.shape
    if min(height, width) < 3:
        return []
    middle = strength[1:-1, 1:-1, 1:-1]
    peak = middle >= _LEAST_DETAIL
    for z, y, x in np.ndindex(3, 3, 3):
        if (z, y, x) != (1, 1, 1):
            peak &= middle > strength[z : z + levels - 2, y : y + height - 2, x : x + width - 2]
    found = []
    for z, y, x in np.argwhere(peak) + 1:
        dz, dy, dx = (_offset(line) for line in (strength[z - 1 : z + 2, y, x], strength[z, y - 1 : y + 2, x],
                                                 strength[z, y, x - 1 : x + 2]))  # fmt: skip
        r = _REACH * _SIGMA * 2 ** ((z + dz) / _SCALES_AN_OCTAVE)
        at_x, at_y = x + dx + 0.5, y + dy + 0.5
        if r <= min(at_x, at_y, width - at_x, height - at_y):
            found.append((float(strength[z, y, x]), float(at_x), float(at_y), float(r)))
    return _apart(sorted(found, reverse=True))


def _apart(found: Sequence[tuple[float, float, float, float]]) -> list[tuple[float, float, float]]:
    """The first of those that say much the same, up to DETAILS."""
    kept: list[tuple[float, float, float]] = []
    for _, x, y, r in found:
        if all(
            math.dist((x, y), other[:2]) > min(r, other[2]) / 2 or max(r, other[2]) > 1.5 * min(r, other[2])
            for other in kept
        ):
            kept.append((x, y, r))
        if len(kept) == DETAILS:
            break
    return kept


def _differences(picture: Grey) -> Grey:
    """Each level less the next smoother one. The picture is mirrored at its edges, where else there would be steps."""
    height, width = picture.shape
    waves = np.fft.rfft2(np.pad(picture, ((0, height), (0, width)), mode="symmetric"))
    square = np.fft.fftfreq(2 * height)[:, None] ** 2 + np.fft.rfftfreq(2 * width)[None] ** 2
    smooth = [
        np.fft.irfft2(waves * np.exp(-2 * (np.pi * _SIGMA * 2 ** (level / _SCALES_AN_OCTAVE)) ** 2 * square),
                      (2 * height, 2 * width))[:height, :width]
        for level in range(_SCALES + 1)
    ]  # fmt: skip
    return np.diff(np.stack(smooth), axis=0)


def _offset(three: Grey) -> float:
    """Where a parabola through three points has its top, from the middle one."""
    before, here, after = (float(value) for value in three)
    bend = before - 2 * here + after
    return 0.0 if bend == 0 else max(-0.5, min(0.5, (before - after) / (2 * bend)))
