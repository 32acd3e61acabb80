"""People: accounts, what they may see, and their enforcement certificates."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.extensions import Base
from backend.models.columns import Big, Instant, Key

ROLES = ("inspector", "supervisor", "admin", "handler")


class User(Base):
    """`office_id` is where a handler handles; others may belong to one. A closed account stays: its work names it.

    `erased_at` is when what was personal gave way to a pseudonym.
    """

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("role IN ('inspector','supervisor','admin','handler')", name="role"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_set_at: Mapped[Instant | None]
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"), index=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]
    erased_at: Mapped[Instant | None]
    rev: Mapped[Big] = mapped_column(default=1)
    grants: Mapped[list[Grant]] = relationship(lazy="selectin", cascade="all, delete-orphan", order_by="Grant.code")


class Grant(Base):
    """The right to an administrative cell (and all below it) or to a management unit."""

    __tablename__ = "user_grant"

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)


class Certificate(Base):
    """An enforcement certificate (执法证); an administrative inspection needs two valid ones.

    `number` is as printed; `plain_number` is it without case, width and spaces, by which it is found. Days are those of
    Asia/Shanghai, both inclusive. One that was withdrawn holds no more from that day on.
    """

    __tablename__ = "certificate"
    __table_args__ = (CheckConstraint("valid_from <= valid_to", name="days"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(60))
    plain_number: Mapped[str] = mapped_column(String(60), unique=True)
    issuer: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date, index=True)
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[Instant]
    rev: Mapped[Big] = mapped_column(default=1)
    holder: Mapped[User] = relationship(lazy="selectin")
