"""The unit's link and reply; planned look-backs; a request for more time that nobody answered falls away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
OLD_KINDS = "kind IN ('inspection','re-inspection','site-visit','patrol','other')"
KINDS = "kind IN ('inspection','re-inspection','look-back','site-visit','patrol','other')"


def upgrade() -> None:
    _unit_links()
    _task_kinds()
    _look_backs()
    _extensions()


def _unit_links() -> None:
    op.create_table(
        "unit_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("opened_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("ended_by", sa.String(length=36), nullable=True),
        sa.Column("ending", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "ending IS NULL OR ending IN ('used','revoked','replaced','moved')", name=op.f("ck_unit_link_ending")
        ),
        sa.CheckConstraint("(ending IS NULL) = (ended_at IS NULL)", name=op.f("ck_unit_link_ended")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_unit_link_finding_id_finding")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_unit_link_office_id_office")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_unit_link_made_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_unit_link_token_sha256")),
    )
    _one_open("uq_unit_link_open", "unit_link", "finding_id", "ended_at IS NULL")
    op.create_index("ix_unit_link_finding", "unit_link", ["finding_id", "made_at"])
    op.create_table(
        "unit_photo",
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["unit_link.id"], name=op.f("fk_unit_photo_link_id_unit_link")),
        sa.PrimaryKeyConstraint("link_id", "sha256", name=op.f("pk_unit_photo")),
    )
    op.create_table(
        "unit_reply",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("hop_id", sa.String(length=36), nullable=False),
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("said_by", sa.String(length=80), nullable=False),
        sa.Column("photos", Json, nullable=False),
        sa.Column("answer_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_unit_reply_finding_id_finding")),
        sa.ForeignKeyConstraint(["hop_id"], ["hop.id"], name=op.f("fk_unit_reply_hop_id_hop")),
        sa.ForeignKeyConstraint(["link_id"], ["unit_link.id"], name=op.f("fk_unit_reply_link_id_unit_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_reply")),
        sa.UniqueConstraint("link_id", name=op.f("uq_unit_reply_link_id")),
    )
    op.create_index("ix_unit_reply_finding", "unit_reply", ["finding_id", "received_at"])
    _append_only("unit_reply")


def _look_backs() -> None:
    op.create_table(
        "look_back",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("planned_at", Instant, nullable=False),
        sa.Column("not_before", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("due_assumed", sa.Boolean(), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("begun_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('holds','relapse','cancelled')", name=op.f("ck_look_back_outcome")
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_look_back_ended")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_look_back_finding_id_finding")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_look_back_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_back")),
        sa.UniqueConstraint("finding_id", "n", name=op.f("uq_look_back_finding_id_n")),
    )
    _one_open("uq_look_back_open", "look_back", "finding_id", "ended_at IS NULL")
    op.create_index("ix_look_back_due", "look_back", ["due_at", "id"])


def _extensions() -> None:
    """Those that ended with their hop, unanswered, were kept as refused by whoever ended it."""
    kind = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    op.execute(
        f"ALTER TABLE hop_extension ADD COLUMN withdrawn_at {kind} CONSTRAINT ck_hop_extension_withdrawn "
        "CHECK (withdrawn_at IS NULL OR decided_at IS NULL)"
    )
    op.execute(
        "UPDATE hop_extension SET withdrawn_at = decided_at, decided_at = NULL, decided_by = NULL, granted = NULL "
        "WHERE granted = false AND decision_note IS NULL AND EXISTS (SELECT 1 FROM hop "
        "WHERE hop.id = hop_extension.hop_id AND hop.ended_at = hop_extension.decided_at)"
    )
    op.drop_index("uq_hop_extension_open", "hop_extension")
    _one_open("uq_hop_extension_open", "hop_extension", "hop_id", "decided_at IS NULL AND withdrawn_at IS NULL")


def _task_kinds() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_task_kind"), "task", type_="check")
        op.create_check_constraint(op.f("ck_task_kind"), "task", KINDS)
        return
    # SQLite: the documented way to change a CHECK that only allows more, without copying a table that others point to
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'task'"
    connection.exec_driver_sql(changed, (OLD_KINDS, KINDS))
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def _one_open(name: str, table: str, column: str, still: str) -> None:
    where = sa.text(still)
    op.create_index(name, table, [column], unique=True, sqlite_where=where, postgresql_where=where)


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
