"""Pictures told again after what people and programs do to them, and none taken for another."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from backend import fingerprints
from backend.fingerprints import Fingerprint
from tests.pictures import jpeg, part, scene

PICTURES = 12


def of(image: Image.Image, quality: int = 85, exif: bytes = b"") -> Fingerprint:
    return fingerprints.of(io.BytesIO(jpeg(image, quality, exif)), "image/jpeg")


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    return [scene(seed) for seed in range(PICTURES)]


@pytest.fixture(scope="module")
def known(scenes: list[Image.Image]) -> list[Fingerprint]:
    return [of(image) for image in scenes]


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half as large, and brighter": lambda image: image.resize((image.width // 2, image.height // 2)).point(
        lambda value: min(255, int(value * 1.1 + 6))
    ),
    "larger, and grey": lambda image: ImageOps.grayscale(
        image.resize((image.width * 5 // 4, image.height * 5 // 4))
    ).convert("RGB"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_picture_stored_anew_is_the_same_picture(
    name: str, scenes: list[Image.Image], known: list[Fingerprint]
) -> None:
    changed = [
        fingerprints.likeness(of(CHANGES[name](image), 50), one) for image, one in zip(scenes, known, strict=True)
    ]
    assert changed == ["same"] * PICTURES


def test_a_picture_is_told_however_its_file_says_that_it_is_turned(scenes: list[Image.Image]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scenes[0].transpose(Image.Transpose.ROTATE_90)
    assert fingerprints.likeness(of(turned, exif=exif.tobytes()), of(scenes[0])) == "same"


@pytest.mark.parametrize(("share", "at_least"), [(0.9, 11), (0.75, 11), (0.6, 8)])
def test_most_crops_are_told(share: float, at_least: int, scenes: list[Image.Image], known: list[Fingerprint]) -> None:
    """Of twelve, cut anywhere, made smaller and stored anew. What is measured is in docs/evidence.md."""
    random = np.random.default_rng(1)
    found = 0
    for image, one in zip(scenes, known, strict=True):
        cut = part(image, share, random)
        likeness = fingerprints.likeness(of(cut.resize((cut.width * 3 // 4, cut.height * 3 // 4)), 75), one)
        found += likeness is not None
    assert found >= at_least


def test_no_scene_is_taken_for_another(known: list[Fingerprint]) -> None:
    pairs = [(i, j) for i in range(PICTURES) for j in range(i)]
    assert [pair for pair in pairs if fingerprints.likeness(known[pair[0]], known[pair[1]])] == []


@pytest.mark.parametrize("colour", ["black", "white", "brown"])
def test_of_a_picture_of_nothing_nothing_is_told(colour: str) -> None:
    plain = of(Image.new("RGB", (640, 480), colour))
    assert (plain.whole, plain.details) == (None, ())
    assert fingerprints.likeness(plain, plain) is None


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 900), (40, 40)])
def test_any_size_has_a_fingerprint(size: tuple[int, int]) -> None:
    assert of(scene(3).resize(size)).sketch.width >= 1


@given(st.integers(0, 2**63 - 1), st.sets(st.integers(0, 62), max_size=fingerprints.NEAR_BITS))
def test_hashes_that_differ_in_five_bits_share_a_band_but_for_one(hash: int, flipped: set[int]) -> None:
    other = hash
    for bit in flipped:
        other ^= 1 << bit
    pairs = zip(fingerprints.bands(hash), fingerprints.bands(other), strict=True)
    assert any(there in fingerprints.neighbours(here) for here, there in pairs)
    assert fingerprints.joined(fingerprints.bands(hash)) == hash
