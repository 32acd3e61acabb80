"""Recurring tasks, tasks of draws, and who goes along; sums by severity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)

COUNTED = ("found", "rectified", "closed", "on_time", "late", "repeated")
KEYS = ("day", "county", "township", "topic", "severity", "office_id")
KINDS = (
    ("township", "{row}.township", "''"),
    ("township-topic", "{row}.township", "{row}.topic"),
    ("county-topic", "{row}.county", "{row}.topic"),
    ("severity", "{row}.township", "{row}.severity"),
    ("office", "{row}.office_id", "{row}.county"),
)


def upgrade() -> None:
    _recurring_tasks()
    _tasks_of_draws()
    _sums_by_severity()


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


def _sums_by_severity() -> None:
    """The triggers on finding_standing know one more kind of sums; what is there is counted once."""
    op.drop_index("ix_finding_standing_due", "finding_standing")
    due = ["due_at", "day", "township", "topic", "office_id", "severity"]
    op.create_index("ix_finding_standing_due", "finding_standing", due)
    sums = ", ".join(f"sum({name})" for name in COUNTED)
    for period in ("day", "substr(day, 1, 7)"):
        op.execute(
            f"INSERT INTO figure_tally (kind, period, code, part, {', '.join(COUNTED)}, inspections) "
            f"SELECT 'severity', {period}, township, severity, {sums}, 0 FROM finding_standing "
            "WHERE found = 1 GROUP BY 2, 3, 4"
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION figure_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'INSERT' THEN IF NEW.found = 1 THEN {_in('NEW')}; END IF; "
            f"ELSIF {_differ(KEYS)} THEN {_out('OLD')}; {_in('NEW')}; "
            f"ELSIF {_differ(COUNTED)} THEN {_change()}; END IF; RETURN NULL; END $$"
        )
        return
    for name in ("insert", "update", "move"):
        op.execute(f"DROP TRIGGER figure_tally_{name}")
    of = "ON finding_standing"
    op.execute(f"CREATE TRIGGER figure_tally_insert AFTER INSERT {of} WHEN NEW.found = 1 BEGIN {_in('NEW')}; END")
    op.execute(
        f"CREATE TRIGGER figure_tally_update AFTER UPDATE {of} WHEN NOT ({_differ(KEYS)}) AND ({_differ(COUNTED)}) "
        f"BEGIN {_change()}; END"
    )
    op.execute(
        f"CREATE TRIGGER figure_tally_move AFTER UPDATE {of} WHEN {_differ(KEYS)} "
        f"BEGIN {_out('OLD')}; {_in('NEW')}; END"
    )


def _sum(row: str, values: list[str]) -> str:
    """The statement that adds to the sums that a row belongs to."""
    kinds = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {code.format(row=row)} AS code, {part.format(row=row)} AS part"
        for kind, code, part in KINDS
    )
    added = ", ".join(f"{name} = figure_tally.{name} + excluded.{name}" for name in COUNTED)
    return (
        f"INSERT INTO figure_tally (kind, period, code, part, {', '.join(COUNTED)}, inspections) "
        f"SELECT k.kind, p.period, k.code, k.part, {', '.join(values)}, 0 FROM ({kinds}) AS k CROSS JOIN "
        f"(SELECT {row}.day AS period UNION ALL SELECT substr({row}.day, 1, 7)) AS p WHERE k.code IS NOT NULL "
        f"ON CONFLICT (kind, period, code, part) DO UPDATE SET {added}"
    )


def _in(row: str) -> str:
    return _sum(row, [f"{row}.{name}" for name in COUNTED])


def _out(row: str) -> str:
    return _sum(row, [f"-{row}.{name}" for name in COUNTED])


def _change() -> str:
    return _sum("NEW", [f"NEW.{name} - OLD.{name}" for name in COUNTED])


def _differ(names: tuple[str, ...]) -> str:
    return " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)


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
