"""Records for tests of reading: people, sites, findings and photos, put straight into the database."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from backend import storage
from backend.extensions import db
from backend.models import (
    Blob,
    BlobHolder,
    ChecklistVersion,
    Comment,
    Device,
    Finding,
    Inspection,
    Mention,
    Photo,
    Site,
    Stream,
    User,
)
from backend.services import accounts, audit, cells, placing
from backend.services.actor import Actor
from geo.position import parse_position

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LIUJIANG = (109.33, 24.25)  # in 450206
CHENGZHONG = (109.44, 24.33)  # in 450202
GUIGANG = (109.60, 23.10)  # in 4508
BEIJING_CITY = (116.40, 39.90)  # in no cell of ours
ITEM = "dust.lz6.hoarding"


def new_id() -> str:
    return str(uuid7())


def jpeg(colour: str = "red", size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


class Person:
    """Somebody signed in: the row, the actor, the header that the API wants."""

    def __init__(self, user: User, token: str) -> None:
        self.id = user.id
        self.actor: Actor = accounts.actor_of(user)
        self.headers = {"Authorization": f"Bearer {token}"}


class Records:
    """Puts records into the app's database; each call commits."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session
        self.n = 0

    def person(self, role: str, *grants: str) -> Person:
        user = accounts.create_user(
            self.session,
            id=new_id(),
            now=self._now(),
            name=f"{role}-{new_id()}",
            role=role,
            grants=list(grants),
            display_name=f"测试{role}",
        )
        token, _ = accounts.open_login(self.session, user, self._now(), hours=12)
        self.session.commit()
        return Person(user, token)

    def _now(self) -> datetime:
        now: datetime = self.app.extensions["bluegrid.clock"].now()
        return now

    def site(self, at: tuple[float, float] = LIUJIANG, **given: Any) -> Site:
        code = f"S-{new_id()}"
        place = cells.locate(*at, 0)
        site = Site(**{
            "id": new_id(), "code": code, "name": "拉堡安置房项目", "kind": "construction", "address": "柳江区拉堡镇",
            "responsible_unit": "某建筑公司", "responsible_person": "张三", "phone": None,
            "supervising_department": "柳江区住房和城乡建设局", "attributes": {}, "position": None,
            "lon": at[0], "lat": at[1], "cell_code": place.code, "rev": 1, "created_at": NOON, **given,
        })  # fmt: skip
        self.session.add(site)
        self.session.commit()
        return site

    def finding(self, author: Person, at: tuple[float, float] | None = LIUJIANG, **given: Any) -> Finding:
        """A finding of one's own; each is found a minute before the one made before it."""
        self.n += 1
        position = at and parse_position({"lon": at[0], "lat": at[1], "datum": "CGCS2000", "accuracy_m": 5})
        placed = placing.place(position)
        found = NOON - timedelta(minutes=self.n)
        finding = Finding(**{
            "id": new_id(), "number": f"LZ-20261122-{self.n:04d}", "topic": "dust", "description": "裸土未覆盖",
            "severity": "moderate", "state": "submitted", "grade": "lead", "source": "report", "author_id": author.id,
            "stream_id": new_id(), "found_at": found, "found_at_sent": found.isoformat(), "received_at": NOON,
            "position": placed.position, "lon": placed.lon, "lat": placed.lat, "accuracy_m": placed.accuracy_m,
            "cell_code": placed.cell_code, "placed_n": placed.n,
            "square": placed.square, "flags": list(placed.flags), "rev": 1, **given,
        })  # fmt: skip
        finding.cells = placed.cells()
        self.session.add(finding)
        self.session.commit()
        return finding

    def bytes_of(self, person: Person, data: bytes, media_type: str = "image/jpeg") -> str:
        """Bytes that a person sent in full; returns their hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        storage.blobs().put(sha256, io.BytesIO(data))
        if self.session.get(Blob, sha256) is None:
            self.session.add(
                Blob(
                    sha256=sha256,
                    size=len(data),
                    media_type=media_type,
                    status="stored",
                    seq=1,
                    stored_at=NOON,
                    facts={},
                )
            )
            self.session.flush()
        self.session.add(BlobHolder(sha256=sha256, user_id=person.id))
        self.session.commit()
        return sha256

    def photo(self, author: Person, subject: Finding, sha256: str, role: str = "before") -> Photo:
        photo = Photo(
            id=new_id(), sha256=sha256, size=1, media_type="image/jpeg", source="camera", role=role,
            subject_type="finding", subject_id=subject.id, author_id=author.id, stream_id=new_id(), captured_at=NOON,
            captured_at_sent=NOON.isoformat(), received_at=NOON, flags=[],
        )  # fmt: skip
        self.session.add(photo)
        self.session.commit()
        return photo

    def mention(self, author: Person, subject: Finding | Comment, sha256: str) -> None:
        kind = "finding" if isinstance(subject, Finding) else "comment"
        self.session.add(
            Mention(
                stream_id=new_id(),
                sha256=sha256,
                subject_type=kind,
                subject_id=subject.id,
                author_id=author.id,
                role="scene",
                named_at=NOON,
            )
        )
        self.session.commit()

    def comment(self, author: Person, finding: Finding, text: str = "已通知施工方") -> Comment:
        comment = Comment(id=new_id(), finding_id=finding.id, author_id=author.id, text=text, said_at=NOON, rev=1)
        self.session.add(comment)
        self.session.commit()
        return comment

    def checklist(self, code: str = "dust-liuzhou") -> ChecklistVersion:
        """The oldest version of one."""
        versions = select(ChecklistVersion).where(ChecklistVersion.code == code).order_by(ChecklistVersion.version)
        return self.session.scalars(versions.limit(1)).one()

    def inspection(
        self, author: Person, version: ChecklistVersion, cell: str | None = "450206", **given: Any
    ) -> Inspection:
        inspection = Inspection(**{
            "id": new_id(), "checklist": version.code, "checklist_version": version.version, "mode": "patrol",
            "grade": "lead", "grade_reasons": [], "author_id": author.id, "stream_id": new_id(), "started_at": NOON,
            "finished_at": NOON, "received_at": NOON, "cell_code": cell, "details": {}, "flags": [], "advice": [],
            "answers": [{"item": ITEM, "result": "fail", "note": None}], "rev": 1, **given,
        })  # fmt: skip
        self.session.add(inspection)
        self.session.commit()
        return inspection

    def noted(self, by: Person, action: str, subject: str | None, **details: Any) -> None:
        """An event of the audit trail."""
        audit.record(self.session, self._now(), by.id, action, subject, **details)
        self.session.commit()

    def device_header(self, person: Person) -> dict[str, str]:
        """A device of a person, enrolled, and the header that carries its token."""
        from backend.services import devices

        device = Device(
            id=new_id(), user_id=person.id, install=new_id(), invite_sha256="0" * 64, name="手机", platform="Android",
            app="1.0.0", enrolled_at=NOON,
        )  # fmt: skip
        self.session.add(device)
        self.session.flush()
        self.session.add(Stream(id=new_id(), device_id=device.id, user_id=person.id, opened_at=NOON))
        token = devices._issue(self.session, device.id, NOON)
        self.session.commit()
        return {"Authorization": f"Bearer {token}"}


def statements(app: Flask) -> list[str]:
    """A list that grows by each SQL statement from now on."""
    from sqlalchemy import event

    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen
