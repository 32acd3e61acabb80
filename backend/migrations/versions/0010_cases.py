"""Offices, and the office's side of a finding: its case, steps, hops and extensions; the role of handlers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
OLD_ROLES = "role IN ('inspector','supervisor','admin')"
ROLES = "role IN ('inspector','supervisor','admin','handler')"


def upgrade() -> None:
    _offices()
    _cases()
    _hops()
    _append_only("case_step")
    _roles(OLD_ROLES, ROLES)


def _offices() -> None:
    op.create_table(
        "office",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("kind IN ('department','county','town','park','other')", name=op.f("ck_office_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("code", name=op.f("uq_office_code")),
    )
    op.execute(
        "ALTER TABLE user_account ADD COLUMN office_id VARCHAR(36) "
        "CONSTRAINT fk_user_account_office_id_office REFERENCES office (id)"
    )
    op.create_index("ix_user_account_office_id", "user_account", ["office_id"])


def _cases() -> None:
    op.create_table(
        "finding_case",
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("offices", Json, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("rectified_by", sa.String(length=36), nullable=True),
        sa.Column("rectified_at", Instant, nullable=True),
        sa.Column("rechecked_by", sa.String(length=36), nullable=True),
        sa.Column("rechecked_at", Instant, nullable=True),
        sa.Column("closed_by", sa.String(length=36), nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("on_the_spot", sa.Boolean(), nullable=False),
        sa.Column("parked_until", Instant, nullable=True),
        sa.Column("times_returned", sa.Integer(), nullable=False),
        sa.Column("times_reopened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_case_finding_id_finding")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_finding_case_office_id_office")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding_case")),
    )
    op.create_index("ix_finding_case_office", "finding_case", ["office_id"])
    op.create_index("ix_finding_case_due", "finding_case", ["due_at"])
    op.create_table(
        "case_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("start", sa.String(length=20), nullable=False),
        sa.Column("to", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", Json, nullable=False),
        sa.Column("position", Json, nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_case_step_finding_id_finding")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_case_step_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
        sa.UniqueConstraint("finding_id", "n", name=op.f("uq_case_step_finding_id_n")),
    )
    op.create_index("ix_case_step_at", "case_step", ["at"])


def _hops() -> None:
    op.create_table(
        "hop",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("given_by", sa.String(length=36), nullable=False),
        sa.Column("given_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("due_assumed", sa.Boolean(), nullable=False),
        sa.Column("signed_by", sa.String(length=36), nullable=True),
        sa.Column("signed_at", Instant, nullable=True),
        sa.Column("return_asked_by", sa.String(length=36), nullable=True),
        sa.Column("return_asked_at", Instant, nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("return_due_at", Instant, nullable=True),
        sa.Column("parked_at", Instant, nullable=True),
        sa.Column("parked_by", sa.String(length=36), nullable=True),
        sa.Column("parked_until", Instant, nullable=True),
        sa.Column("park_reason", sa.Text(), nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("kind IN ('dispatch','pass')", name=op.f("ck_hop_kind")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('replied','passed','returned','withdrawn','transferred')",
            name=op.f("ck_hop_outcome"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_hop_ended")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_hop_finding_id_finding")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_hop_office_id_office")),
        sa.ForeignKeyConstraint(["given_by"], ["user_account.id"], name=op.f("fk_hop_given_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hop")),
        sa.UniqueConstraint("finding_id", "n", name=op.f("uq_hop_finding_id_n")),
    )
    _one_open("uq_hop_open", "hop", "finding_id", "ended_at")
    op.create_index("ix_hop_office", "hop", ["office_id", "ended_at"])
    op.create_table(
        "hop_extension",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hop_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wanted_until", Instant, nullable=False),
        sa.Column("due_before", Instant, nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("granted_until", Instant, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.CheckConstraint("(granted IS NULL) = (decided_at IS NULL)", name=op.f("ck_hop_extension_decided")),
        sa.ForeignKeyConstraint(["hop_id"], ["hop.id"], name=op.f("fk_hop_extension_hop_id_hop")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_hop_extension_asked_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hop_extension")),
        sa.UniqueConstraint("hop_id", "n", name=op.f("uq_hop_extension_hop_id_n")),
    )
    _one_open("uq_hop_extension_open", "hop_extension", "hop_id", "decided_at")


def _one_open(name: str, table: str, column: str, until: str) -> None:
    still = sa.text(f"{until} IS NULL")
    op.create_index(name, table, [column], unique=True, sqlite_where=still, postgresql_where=still)


def _roles(old: str, new: str) -> None:
    """Allow another set of roles. SQLite cannot change a constraint; its text is, as its makers describe it."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint("ck_user_account_role", "user_account")
        op.create_check_constraint("role", "user_account", new)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'user_account'"
    connection.exec_driver_sql(changed, (old, new))
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse('{table} is append-only')"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
