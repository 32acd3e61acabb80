"""People and rights: revisions, certificates by day, locks, second factors, and an audit trail that may be shortened.

An audit event may be deleted only when a checkpoint stands for it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
CHINA = timezone(timedelta(hours=8))


def upgrade() -> None:
    _people()
    _certificates()
    _sign_in()
    _audit()


def _people() -> None:
    op.add_column("user_account", sa.Column("password_set_at", Instant))
    op.add_column("user_account", sa.Column("erased_at", Instant))
    op.add_column("user_account", sa.Column("rev", BigInt, nullable=False, server_default="1"))
    for column in (
        sa.Column("last_used_at", Instant),
        sa.Column("client", sa.String(length=200)),
        sa.Column("address", sa.String(length=45)),
    ):
        op.add_column("login_token", column)


def _certificates() -> None:
    """Certificates get an issuer and hold by day. Until now they could be put in by hand only, and had none."""
    old = sa.table(
        "certificate",
        *map(sa.column, ("certificate_no", "user_id")),
        sa.column("valid_from", Instant),
        sa.column("valid_to", Instant),
    )
    rows = op.get_bind().execute(sa.select(old)).all()
    op.drop_table("certificate")
    made = op.create_table(
        "certificate",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("plain_number", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_certificate_days")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_certificate_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("plain_number", name=op.f("uq_certificate_plain_number")),
    )
    op.create_index("ix_certificate_user_id", "certificate", ["user_id"])
    op.create_index("ix_certificate_valid_to", "certificate", ["valid_to"])
    for row in rows:
        op.bulk_insert(
            made,
            [
                {
                    "id": str(uuid4()),
                    "number": row.certificate_no,
                    "plain_number": "".join(row.certificate_no.casefold().split()),
                    "issuer": "",
                    "user_id": row.user_id,
                    "valid_from": _day(row.valid_from),
                    "valid_to": _day(row.valid_to),
                    "withdrawn_on": None,
                    "created_at": row.valid_from,
                    "rev": 1,
                }
            ],
        )


def _day(at: datetime) -> date:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(CHINA).date()


def _sign_in() -> None:
    op.create_table(
        "sign_in_lock",
        sa.Column("name_sha256", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("locked_until", Instant),
        sa.PrimaryKeyConstraint("name_sha256", name=op.f("pk_sign_in_lock")),
    )
    op.create_index("ix_sign_in_lock_since", "sign_in_lock", ["since"])
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.String(length=400), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.Column("last_step", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_second_factor_user_id_user_account")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("used_at", Instant),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id_user_account")),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])


def _audit() -> None:
    op.create_index("ix_audit_subject", "audit_event", ["subject"])
    op.create_index("ix_audit_action", "audit_event", ["action", "n"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("until", Instant, nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=43), nullable=False),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_audit_checkpoint")),
    )
    covered = "EXISTS (SELECT 1 FROM audit_checkpoint WHERE audit_checkpoint.until > OLD.at)"
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_event_append_only ON audit_event")
        op.execute(
            "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event "
            "FOR EACH ROW EXECUTE FUNCTION refuse('audit_event is append-only')"
        )
        op.execute(
            f"""
            CREATE FUNCTION audit_event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT {covered} THEN
                    RAISE EXCEPTION 'audit_event is append-only but under a checkpoint';
                END IF;
                RETURN OLD;
            END $$"""
        )
        op.execute(
            "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_kept()"
        )
        op.execute(
            "CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint "
            "FOR EACH ROW EXECUTE FUNCTION refuse('audit_checkpoint is append-only')"
        )
        return
    op.execute("DROP TRIGGER audit_event_no_delete")
    op.execute(
        f"CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event WHEN NOT {covered} "
        "BEGIN SELECT RAISE(ABORT, 'audit_event is append-only but under a checkpoint'); END"
    )
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_checkpoint_no_{event.lower()} BEFORE {event} ON audit_checkpoint "
            "BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
