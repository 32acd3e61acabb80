"""People: accounts, what they may see, and their sign-in tokens."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.extensions import Base
from backend.models.columns import Instant, Key, Sha256

ROLES = ("inspector", "supervisor", "admin", "handler")


class User(Base):
    """`office_id` is where a handler handles; others may belong to one."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("role IN ('inspector','supervisor','admin','handler')", name="role"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    office_id: Mapped[str | None] = mapped_column(ForeignKey("office.id"), index=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]
    grants: Mapped[list[Grant]] = relationship(lazy="selectin", cascade="all, delete-orphan", order_by="Grant.code")


class Grant(Base):
    """The right to an administrative cell (and all below it) or to a management unit."""

    __tablename__ = "user_grant"

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)


class Certificate(Base):
    """An enforcement certificate (执法证); an administrative inspection needs two valid ones."""

    __tablename__ = "certificate"

    certificate_no: Mapped[str] = mapped_column(String(60), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant]


class LoginToken(Base):
    """A person's bearer token, kept only as its hash."""

    __tablename__ = "login_token"

    token_sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
