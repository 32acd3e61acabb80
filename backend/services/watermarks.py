"""A marked copy of a photo, and what is written on it: when, where, in which cell, by whom, for which number.

The copy is derived when it is asked for and kept by what it says, so that one never shows what no longer holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend import catalogue, images, watermarking
from backend.blobs import Blobs
from backend.models import Finding, Photo, Site
from backend.services import cells, media, photo_flag_words, photo_uses, rows
from backend.services.actor import Actor
from backend.services.errors import NotFound
from backend.services.media_errors import NoThumbnail
from backend.services.photo_uses import Use
from backend.services.working_time import CHINA


@dataclass(frozen=True, slots=True)
class Mark:
    """The lines for a copy of some bytes."""

    sha256: str
    media_type: str | None
    lines: tuple[str, ...]

    def name(self, size: int) -> str:
        """The name under which the copy is kept: another text is another copy."""
        said = hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
        return f"watermark-{images.thumbnail_size(size)}-{said[:32]}"


def of(session: Session, actor: Actor, sha256: str, finding_id: str | None, language: str) -> Mark:
    """What a copy says, as a finding shows the photo, or the last use that the actor may see. Raises NotFound."""
    blob = media.original(session, actor, sha256)
    uses = photo_uses.of(session, [sha256])
    visible = photo_flag_words.visible_subjects(session, actor, {use.subject for use in uses})
    uses = [use for use in uses if use.subject in visible]
    if finding_id is not None:
        uses = [use for use in uses if use.subject == ("finding", finding_id)]
        if not uses:
            raise NotFound("This finding does not show such a photo, or you may not see it.")
    use = max(uses, key=lambda each: (each.subject_type == "finding", each.order), default=None)
    said = [] if use is None else _said(session, use, language)
    original = catalogue.label(language, "watermark", "original")
    return Mark(sha256, blob.media_type, (*said, f"{original}  {sha256[:32]}…"))


def copy(blobs: Blobs, mark: Mark, size: int) -> bytes:
    """The marked copy as a JPEG; made once, then read. Raises NoThumbnail for what is no picture."""
    if (kind := mark.media_type) not in images.FORMATS or kind is None:
        raise NoThumbnail("Only photos have a marked copy; fetch the file itself.")
    size = images.thumbnail_size(size)
    return media.derive(
        blobs, mark.sha256, mark.name(size), lambda file: watermarking.marked(file, kind, size, mark.lines)
    )


def _said(session: Session, use: Use, language: str) -> list[str]:
    finding = session.get(Finding, use.subject_id) if use.subject_type == "finding" else None
    photo = use.photos[-1] if use.photos else None
    taken = photo.captured_at if photo is not None else finding.found_at if finding is not None else use.first_at
    code = finding.cell_code if finding is not None else _cell_of(photo)
    inspector = rows.names_of(session, [use.author_id]).get(use.author_id)
    lines = {
        "time": f"{taken.astimezone(CHINA):%Y-%m-%d %H:%M:%S} {catalogue.label(language, 'watermark', 'beijing')}",
        "place": _place(session, photo, finding),
        "cell": _cell(code),
        "inspector": inspector,
        "number": finding.number if finding is not None else None,
    }
    return [f"{catalogue.label(language, 'watermark', key)}  {text}" for key, text in lines.items() if text]


def _place(session: Session, photo: Photo | None, finding: Finding | None) -> str:
    """The site's name, and where the photo says that it was taken, or else where the finding lies."""
    site = session.get(Site, finding.site_id) if finding is not None and finding.site_id else None
    stated = photo if photo is not None and photo.lon is not None else finding
    parts: Sequence[str | None] = (site.name if site is not None else None, _degrees(stated))
    return "  ".join(part for part in parts if part)


def _degrees(stated: Photo | Finding | None) -> str | None:
    if stated is None or stated.lon is None or stated.lat is None:
        return None
    accuracy = (stated.position or {}).get("accuracy_m")
    unsure = f" ±{round(accuracy)} m" if isinstance(accuracy, int | float) else ""
    return f"{stated.lon:.6f}, {stated.lat:.6f} (CGCS2000){unsure}"


def _cell_of(photo: Photo | None) -> str | None:
    if photo is None or photo.lon is None or photo.lat is None:
        return None
    return cells.locate(photo.lon, photo.lat, 0.0, photo.captured_at).code


def _cell(code: str | None) -> str | None:
    """A cell by the names of all above it, from the province down, and its code."""
    if code is None:
        return None
    names = [cells.name(each) for each in reversed(cells.lineage(code))]
    return f"{''.join(name for name in names if name)}  {code}"
