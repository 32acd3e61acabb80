"""Recurring tasks, tasks of draws, and who goes along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "chores"
down_revision = "0028"
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _recurring_tasks()
    _tasks_of_draws()


def _recurring_tasks() -> None:
    kinds = "'inspection','re-inspection','look-back','site-visit','patrol','other'"
    op.create_table(
        "task_rule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("site_id", sa.String(length=36), nullable=True),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("checklist", sa.String(length=60), nullable=True),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("pool", sa.String(length=20), nullable=True),
        sa.Column("assignee_id", sa.String(length=36), nullable=True),
        sa.Column("recurrence", sa.String(length=200), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("holidays", sa.String(length=4), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_task_rule_kind")),
        sa.CheckConstraint("state IN ('active','paused','ended')", name=op.f("ck_task_rule_state")),
        sa.CheckConstraint("holidays IN ('keep','skip','next')", name=op.f("ck_task_rule_holidays")),
        sa.CheckConstraint("pool IS NOT NULL OR assignee_id IS NOT NULL", name=op.f("ck_task_rule_somebody")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_task_rule_site_id_site")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_task_rule_campaign_id_campaign")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["user_account.id"], name=op.f("fk_task_rule_assignee_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_task_rule_created_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_rule")),
    )
    op.create_index("ix_task_rule_created", "task_rule", ["created_at", "id"])
    op.execute(
        "ALTER TABLE task ADD COLUMN rule_id VARCHAR(36) CONSTRAINT fk_task_rule_id_task_rule REFERENCES task_rule (id)"
    )
    op.execute(
        "ALTER TABLE task ADD COLUMN occurrence DATE CONSTRAINT ck_task_occurrence "
        "CHECK ((rule_id IS NULL) = (occurrence IS NULL))"
    )
    op.create_index("uq_task_occurrence", "task", ["rule_id", "occurrence"], unique=True)


def _tasks_of_draws() -> None:
    op.create_table(
        "task_companion",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_companion_task_id_task")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_task_companion_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_task_companion")),
    )
    op.create_index("ix_task_companion_user_id", "task_companion", ["user_id"])
    op.execute("ALTER TABLE task ADD COLUMN draw_id VARCHAR(36) CONSTRAINT fk_task_draw_id_draw REFERENCES draw (id)")
    op.create_index("uq_task_draw", "task", ["draw_id", "site_id"], unique=True)
    op.create_table(
        "draw_publication",
        sa.Column("draw_id", sa.String(length=36), nullable=False),
        sa.Column("not_before", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("checklist", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_publication_draw_id_draw")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_draw_publication_by_id_user_account")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_publication")),
    )
    _append_only("draw_publication")


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
