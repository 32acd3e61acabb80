"""One-time links: somebody without an account answers for one fire point, once, for a while.

A supervisor makes a link out to a name and sends it. It shows that fire point alone, without the phone numbers of
those who called. The token is kept as a hash; a new link voids those before it. The answer counts as given through
the supervisor who made the link, under the name it was made out to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.blobs import Blobs
from backend.models import FireLink, FirePoint
from backend.services import audit, fire_answers, fire_points, media, photos, rows, tokens
from backend.services.actor import Actor
from backend.services.commands.fire_point_verify import AnswerArguments, require_order
from backend.services.errors import InputInvalid, LinkInvalid, TooLarge
from backend.services.texts import require_storable
from backend.sync_store import SqlStore
from sync.errors import OpRefused
from sync.store import OpContext

MOST_HOURS = 72
FAR = timedelta(days=366)
MOST_PHOTOS = 6
MOST_PHOTO_BYTES = 10 * 1024 * 1024
SHOWN = (
    "number", "state", "first_at", "last_at", "location", "reach_m", "cell", "place", "zone", "sources", "outcome",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo that was judged and whose bytes are in their place."""

    sha256: str
    size: int
    verdict: media.Verdict


def make(
    session: Session, actor: Actor, point_id: str, link_id: str, name: str, hours: int, now: datetime
) -> tuple[FireLink, str]:
    """A new link and its token, which is told once. Raises NotFound, NotAllowed."""
    point = fire_points.get(session, actor, point_id)
    fire_points.require_office(actor, point)
    unused = (FireLink.fire_point_id == point.id, FireLink.used_at.is_(None), FireLink.expires_at > now)
    session.execute(update(FireLink).where(*unused).values(expires_at=now))
    token = tokens.new_token()
    link = FireLink(
        id=link_id,
        fire_point_id=point.id,
        token_sha256=tokens.digest(token),
        name=name,
        made_by=actor.user_id,
        made_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    session.add(link)
    session.flush()
    audit.record(session, now, actor.user_id, "fire-link.make", link.id, fire_point=point.id, hours=hours)
    return link, token


def find(session: Session, token: str, now: datetime, spent_too: bool = False) -> FireLink:
    """The link of a token; `spent_too`: a used one as well, whose answer may come again.

    Raises LinkInvalid: whether it is unknown, used, replaced or past its time, a stranger is not told.
    """
    link = session.scalar(select(FireLink).where(FireLink.token_sha256 == tokens.digest(token)))
    if link is None or link.expires_at <= now or (link.used_at is not None and not spent_too):
        raise LinkInvalid("This link is not valid any more; ask for a new one.")
    return link


def shown(session: Session, link: FireLink) -> dict[str, Any]:
    """What a link shows: where to go and which rule holds there; nobody's phone, nothing of other fire points."""
    document = fire_points.document(session, _standing(session, link))
    return {name: document[name] for name in SHOWN} | {
        "name": link.name,
        "expires_at": rows.instant(link.expires_at),
    }


def _standing(session: Session, link: FireLink) -> FirePoint:
    point = session.get_one(FirePoint, link.fire_point_id)
    return session.get_one(FirePoint, point.merged_into) if point.merged_into else point


def read_answer(said: object, now: datetime) -> dict[str, Any]:
    """An answer's fields. Raises InputInvalid with the faults by field, TextInvalid, and a position's own errors."""
    if not isinstance(said, Mapping):
        raise InputInvalid("The answer is an object.", field="answer")
    require_storable(said, "answer")
    try:
        answer: dict[str, Any] = AnswerArguments().load(said)
        require_order(answer)
        for name in ("arrived_at", "extinguished_at"):
            if answer[name] is not None and abs(answer[name] - now) > FAR:
                raise ValidationError("This time is too far away.", name)
    except ValidationError as error:
        raise InputInvalid("Some fields are missing or wrong.", errors=error.normalized_messages()) from None
    except OpRefused as error:
        raise InputInvalid(str(error), **error.extras) from None
    return answer


def keep_photos(blobs: Blobs, files: Sequence[bytes]) -> list[Picture]:
    """Judge photos and put them in their place, before anything is written down. Raises InputInvalid, TooLarge."""
    if len(files) > MOST_PHOTOS:
        raise TooLarge(f"An answer has {MOST_PHOTOS} photos at most.", limit=MOST_PHOTOS)
    judged = []
    for data in files:
        if len(data) > MOST_PHOTO_BYTES:
            raise TooLarge(f"A photo may have {MOST_PHOTO_BYTES // 2**20} MiB at most.", limit=MOST_PHOTO_BYTES)
        verdict = media.judge(BytesIO(data))
        if verdict.code is not None or verdict.facts.get("kind") != "image":
            raise InputInvalid("One of the files is no picture that can be read.", reason=verdict.code)
        judged.append((hashlib.sha256(data).hexdigest(), data, verdict))
    for sha256, data, _ in judged:
        blobs.put(sha256, BytesIO(data))
    return [Picture(sha256, len(data), verdict) for sha256, data, verdict in judged]


def fingerprint(text: str, pictures: Sequence[Picture]) -> str:
    """SHA-256 (hexadecimal) over an answer as it was sent, and its photos in their order."""
    return hashlib.sha256("\n".join([text, *(each.sha256 for each in pictures)]).encode()).hexdigest()


def answer(
    session: Session,
    token: str,
    said: Mapping[str, Any],
    pictures: Sequence[Picture],
    sha256: str,
    now: datetime,
    conflict_id: str,
) -> tuple[str, str]:
    """Spend the link on an answer of that fingerprint; its status, and the fire point's number.

    The same answer again gets the same reply, for the first reply may have been lost on its way. Raises LinkInvalid for
    any other: of two that come at once, one is refused.
    """
    store = SqlStore(session, now)
    store.lock_counter()
    link = find(session, token, now, spent_too=True)
    point = _standing(session, link)
    if link.used_at is not None:
        if link.answer_sha256 != sha256 or link.answer_status is None:
            raise LinkInvalid("This link was used already; ask for a new one.")
        return link.answer_status, point.number
    spent = update(FireLink).where(FireLink.id == link.id, FireLink.used_at.is_(None))
    if session.execute(spent.values(used_at=now, answer_sha256=sha256)).rowcount != 1:  # type: ignore[attr-defined]
        raise LinkInvalid("This link was used already; ask for a new one.")
    context = OpContext(link.id, link.made_by, now, None)
    for each in pictures:
        media.record(session, each.sha256, each.size, each.verdict, link.made_by, now)
    photos.mention(session, context, ("fire_point", point.id), [each.sha256 for each in pictures], "scene")
    position = said["position"]
    given = fire_answers.give(
        session,
        store,
        point,
        {**said, "position": position and position.to_wire()},
        fire_answers.By(link.made_by, link.name, "link", link.id, link.id, now, frozenset()),
        conflict_id,
        {"photos": [each.sha256 for each in pictures]},
    )
    link.answer_status = given.status
    audit.record(session, now, None, "fire-link.answer", link.id, fire_point=point.id, status=given.status)
    return given.status, given.point.number
