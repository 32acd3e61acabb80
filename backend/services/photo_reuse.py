"""Was this picture used before? The same bytes, nearly the same picture, or a part of one, for something else.

Pure: uses in, flags out. The later use is flagged, by the order in which the server heard of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from backend.config import PhotoRules
from backend.fingerprints import Likeness
from backend.services.photo_checks import Flag
from backend.services.photo_uses import Use

SAME_BYTES, SAME_PICTURE, CROPPED, AFTER_IS_BEFORE = (
    "bytes-used-before",
    "picture-used-before",
    "picture-cropped",
    "after-is-before",
)
_BEFORE = frozenset({"before", "scene"})


def flags(
    own: Sequence[Use], others: Sequence[Use], alike: Mapping[str, Likeness], rules: PhotoRules
) -> dict[tuple[str, str], list[Flag]]:
    """By subject, the flags of the uses of some bytes. `others`: uses of bytes that are alike, as `alike` says."""
    found: dict[tuple[str, str], list[Flag]] = {}
    for use in own:
        said = [_same_bytes(use, own), *_looks(use, others, alike, rules)]
        if "after" in use.roles and use.roles & _BEFORE:
            said.append(_flag(AFTER_IS_BEFORE, use))
        found[use.subject] = [flag for flag in said if flag is not None]
    return found


def _same_bytes(use: Use, own: Sequence[Use]) -> Flag | None:
    earlier = [each for each in own if each.order < use.order and each.matter != use.matter]
    return _flag(SAME_BYTES, earlier[0], len(earlier)) if earlier else None


def _looks(use: Use, others: Sequence[Use], alike: Mapping[str, Likeness], rules: PhotoRules) -> list[Flag]:
    if use.is_paper:
        return []
    earlier = [each for each in others if each.order < use.order and not each.is_paper]
    elsewhere = [each for each in earlier if each.matter != use.matter and not _one_burst(use, each, rules)]
    found = []
    for code, likeness in ((SAME_PICTURE, "same"), (CROPPED, "crop")):
        some = [each for each in elsewhere if alike[each.sha256] == likeness]
        if some:
            found.append(_flag(code, some[0], len(some)))
    before = [each for each in earlier if each.subject == use.subject and alike[each.sha256] == "same"]
    before = [each for each in before if each.roles & _BEFORE and use.roles == {"after"}]
    if before:
        found.append(_flag(AFTER_IS_BEFORE, before[0]))
    return found


def _one_burst(one: Use, other: Use, rules: PhotoRules) -> bool:
    """Two shots of one person's camera at about the same time are alike because they are of one visit."""
    span = timedelta(minutes=rules.burst_minutes)
    return any(
        a.author_id == b.author_id and a.source == b.source == "camera" and abs(a.captured_at - b.captured_at) <= span
        for a in one.photos
        for b in other.photos
    )


def _flag(code: str, other: Use, times: int = 1) -> Flag:
    return {
        "code": code,
        "other": {"type": other.subject_type, "id": other.subject_id, "sha256": other.sha256},
        "at": other.first_at.isoformat(),
        "times": times,
    }
