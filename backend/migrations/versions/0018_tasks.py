"""Tasks, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("site_id", sa.String(length=36), nullable=True),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("checklist", sa.String(length=60), nullable=True),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("not_before", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("pool", sa.String(length=20), nullable=True),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("source_type", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint(
            "kind IN ('inspection','re-inspection','site-visit','patrol','other')", name=op.f("ck_task_kind")
        ),
        sa.CheckConstraint("state IN ('open','taken','done','cancelled')", name=op.f("ck_task_state")),
        sa.CheckConstraint("pool IS NOT NULL OR assignee_id IS NOT NULL", name=op.f("ck_task_somebody")),
        sa.CheckConstraint("state <> 'taken' OR assignee_id IS NOT NULL", name=op.f("ck_task_taken")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_task_site_id_site")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_task_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["assignee_id"], ["user_account.id"], name=op.f("fk_task_assignee_id_user_account")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_task_created_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    for column in ("cell_code", "campaign_id", "assignee_id"):
        op.create_index(f"ix_task_{column}", "task", [column])
    op.create_index("ix_task_due", "task", ["due_at", "id"])
    still = sa.text("source_id IS NOT NULL AND state IN ('open','taken')")
    op.create_index(
        "uq_task_source",
        "task",
        ["source_type", "source_id", "kind"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_table(
        "task_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("to_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_step_task_id_task")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_task_step_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_step")),
        sa.UniqueConstraint("task_id", "n", name=op.f("uq_task_step_task_id_n")),
    )
    _append_only("task_step")


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
