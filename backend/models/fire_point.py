"""Fire points (火点): one row a fire, the sightings that it was made of, and the files that those came in."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.extensions import Base
from backend.models.columns import Big, Document, Instant, Items, Key, Sha256

FIRE_STATES = ("open", "answered", "merged")
FIRE_FORMS = ("firms", "himawari", "report", "pasted")


class FirePoint(Base):
    """One fire. Place, cell and zone verdict are those of its best sighting until somebody has answered.

    `zone` is the verdict on burning at that place and time. `merged_into` is set when sightings showed that it is
    the same fire as an earlier one; the row stays. `answered_via`: `app`, `link` or `console`. Times are instants:
    `reported_at` 接报, `arrived_at` 到场, `extinguished_at` 扑灭. `area_mu` is 亩, `penalty_yuan` 元.
    """

    __tablename__ = "fire_point"
    __table_args__ = (
        Index("ix_fire_point_place", "lon", "lat"),
        CheckConstraint("state IN ('open','answered','merged')", name="state"),
        Index("ix_fire_point_first", "first_at", "id"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    reported_at: Mapped[Instant]
    lon: Mapped[float]
    lat: Mapped[float]
    reach_m: Mapped[float]
    cell_code: Mapped[str | None] = mapped_column(String(20), index=True)
    placed_n: Mapped[int] = mapped_column(default=0, index=True)
    cell_confidence: Mapped[float]
    zone_outcome: Mapped[str] = mapped_column(String(30), index=True)
    zone: Mapped[Document]
    sources: Mapped[Items]
    sightings: Mapped[int]
    place: Mapped[str | None] = mapped_column(String(200))
    reporter_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    outcome: Mapped[str | None] = mapped_column(String(30))
    arrived_at: Mapped[Instant | None]
    extinguished_at: Mapped[Instant | None]
    crop: Mapped[str | None] = mapped_column(String(40))
    area_mu: Mapped[float | None]
    handling: Mapped[Items]
    penalty_yuan: Mapped[float | None]
    note: Mapped[str | None] = mapped_column(Text)
    position: Mapped[Document | None]
    answered_at: Mapped[Instant | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    answered_name: Mapped[str | None] = mapped_column(String(80))
    answered_via: Mapped[str | None] = mapped_column(String(10))
    answered_stream: Mapped[str | None] = mapped_column(String(36))
    flags: Mapped[Items]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("fire_point.id"), index=True)
    rev: Mapped[Big] = mapped_column(default=1)
    created_at: Mapped[Instant]


class FireDetection(Base):
    """Append-only: one sighting as it was read, with the row as it came.

    `fire_point_id` is the fire it was first taken for; where that was merged, `merged_into` leads on. `key` is equal
    for the same sighting sent twice, so each is kept once for each quality of the data.
    """

    __tablename__ = "fire_detection"
    __table_args__ = (
        UniqueConstraint("key", "quality"),
        Index("ix_fire_detection_place", "lon", "lat"),
        Index("ix_fire_detection_instant", "instant"),
        Index("ix_fire_detection_until", "until"),
    )

    id: Mapped[Key]
    fire_point_id: Mapped[str] = mapped_column(ForeignKey("fire_point.id"), index=True)
    import_id: Mapped[str | None] = mapped_column(ForeignKey("fire_import.id"), index=True)
    by_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    received_at: Mapped[Instant]
    key: Mapped[str] = mapped_column(String(120))
    quality: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(12))
    satellite: Mapped[str] = mapped_column(String(60))
    instant: Mapped[Instant]
    until: Mapped[Instant | None]
    lon: Mapped[float]
    lat: Mapped[float]
    across_m: Mapped[float | None]
    along_m: Mapped[float | None]
    radius_m: Mapped[float]
    reach_m: Mapped[float] = mapped_column(index=True)
    confidence: Mapped[str | None] = mapped_column(String(10))
    frp_mw: Mapped[float | None]
    line: Mapped[int]
    raw: Mapped[Document]
    notes: Mapped[Document]


class FireImport(Base):
    """A file or text of fire points as it was sent, how it is to be read, and how far it got."""

    __tablename__ = "fire_import"
    __table_args__ = (
        CheckConstraint("state IN ('checked','refused','applying','applied')", name="state"),
        CheckConstraint("form IN ('firms','himawari','report','pasted')", name="form"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(String(10))
    terms: Mapped[Document]
    sha256: Mapped[Sha256]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10))
    report: Mapped[Document]
    applied_at: Mapped[Instant | None]


class FireImportRow(Base):
    """A sighting that is to be taken; `applied` once it has been."""

    __tablename__ = "fire_import_row"
    __table_args__ = (Index("ix_fire_import_row_open", "import_id", "applied", "n"),)

    import_id: Mapped[str] = mapped_column(ForeignKey("fire_import.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    fields: Mapped[Document]
    applied: Mapped[bool] = mapped_column(default=False)


class FireLink(Base):
    """A one-time link by which somebody without an account answers; only the token's SHA-256 is kept.

    `name`: whom it was made out to. It is void once it is used, past its time, or replaced by another.
    `answer_sha256` tells whether an answer that comes again is the one that was given, `answer_status` what it got.
    """

    __tablename__ = "fire_link"

    id: Mapped[Key]
    fire_point_id: Mapped[str] = mapped_column(ForeignKey("fire_point.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    made_by: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
    answer_sha256: Mapped[str | None] = mapped_column(String(64))
    answer_status: Mapped[str | None] = mapped_column(String(16))


class FireDay(Base):
    """A unit's daily report (日报), as revised last: people and vehicles sent, fires found.

    `zero_report` (零报告) says on purpose that there was none; a day without a row was not reported.
    """

    __tablename__ = "fire_day"
    __table_args__ = (
        CheckConstraint("people >= 0 AND vehicles >= 0 AND fires >= 0", name="counts"),
        CheckConstraint("zero_report = (fires = 0)", name="zero_report"),
        Index("ix_fire_day_day", "day"),
    )

    unit: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    people: Mapped[int]
    vehicles: Mapped[int]
    fires: Mapped[int]
    zero_report: Mapped[bool]
    note: Mapped[str | None] = mapped_column(String(500))
    by_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)
