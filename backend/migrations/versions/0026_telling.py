"""What people are told, web hooks with their deliveries, and the supervision of what is overdue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed_event",
        sa.Column("n", BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_feed_event")),
        sa.UniqueConstraint("once", name=op.f("uq_feed_event_once")),
    )
    op.create_index("ix_feed_event_at", "feed_event", ["at"])
    op.create_index("ix_feed_event_office", "feed_event", ["office_id", "n"])
    op.create_index("ix_feed_event_role", "feed_event", ["role", "n"])
    op.create_index("ix_feed_event_user", "feed_event", ["user_id", "n"])
    op.create_table(
        "feed_mark",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("read_n", BigInt, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_feed_mark_user_id_user_account")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_feed_mark")),
    )
    _hooks()
    _supervision()
    _keep_what_was_decided()


def _hooks() -> None:
    op.create_table(
        "web_hook",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("shown_url", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("cells", Json, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("failing_since", Instant, nullable=True),
        sa.Column("paused_at", Instant, nullable=True),
        sa.Column("busy_until", Instant, nullable=True),
        sa.Column("seen_n", BigInt, nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("form IN ('standard','wecom','dingtalk')", name=op.f("ck_web_hook_form")),
        sa.CheckConstraint("state IN ('active','paused','off')", name=op.f("ck_web_hook_state")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_web_hook_created_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_hook")),
    )
    op.create_table(
        "web_hook_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hook_id", sa.String(length=36), nullable=False),
        sa.Column("event_key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("last_at", Instant, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_answer", sa.String(length=500), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("state IN ('waiting','delivered','failed')", name=op.f("ck_web_hook_delivery_state")),
        sa.ForeignKeyConstraint(["hook_id"], ["web_hook.id"], name=op.f("fk_web_hook_delivery_hook_id_web_hook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_hook_delivery")),
        sa.UniqueConstraint("hook_id", "event_key", name=op.f("uq_web_hook_delivery_hook_id_event_key")),
    )
    op.create_index("ix_web_hook_delivery_created", "web_hook_delivery", ["created_at"])
    op.create_index("ix_web_hook_delivery_due", "web_hook_delivery", ["state", "next_at"])
    op.create_index("ix_web_hook_delivery_made", "web_hook_delivery", ["hook_id", "created_at", "id"])


def _supervision() -> None:
    op.create_table(
        "supervision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("hop_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("signer", sa.String(length=80), nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("(state = 'issued') = (number IS NOT NULL)", name=op.f("ck_supervision_numbered")),
        sa.CheckConstraint("(state = 'issued') = (signer IS NOT NULL)", name=op.f("ck_supervision_signed")),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_supervision_decided")),
        sa.CheckConstraint("level IN ('reminder','urging','letter')", name=op.f("ck_supervision_level")),
        sa.CheckConstraint("state IN ('proposed','issued','dismissed','lapsed')", name=op.f("ck_supervision_state")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_supervision_finding_id_finding")),
        sa.ForeignKeyConstraint(["hop_id"], ["hop.id"], name=op.f("fk_supervision_hop_id_hop")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_supervision_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision")),
        sa.UniqueConstraint("hop_id", "due_at", "level", name=op.f("uq_supervision_hop_id_due_at_level")),
        sa.UniqueConstraint("number", name=op.f("uq_supervision_number")),
    )
    op.create_index("ix_supervision_cell", "supervision", ["cell_code", "proposed_at"])
    op.create_index(op.f("ix_supervision_finding_id"), "supervision", ["finding_id"])
    op.create_index("ix_supervision_office", "supervision", ["office_id", "proposed_at"])
    op.create_index("ix_supervision_proposed", "supervision", ["proposed_at", "id"])
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["finding_id"],
        unique=True,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_hop_due",
        "hop",
        ["due_at", "id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _keep_what_was_decided() -> None:
    """A decided proposal stays as it is, and none is ever removed."""
    said = "a decided proposal is never changed"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER supervision_kept BEFORE UPDATE ON supervision FOR EACH ROW "
            f"WHEN (OLD.state <> 'proposed') EXECUTE FUNCTION refuse('{said}')"
        )
        op.execute(
            "CREATE TRIGGER supervision_no_delete BEFORE DELETE ON supervision FOR EACH ROW "
            "EXECUTE FUNCTION refuse('supervision is never removed')"
        )
        return
    op.execute(
        f"CREATE TRIGGER supervision_kept BEFORE UPDATE ON supervision WHEN OLD.state <> 'proposed' "
        f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
    )
    op.execute(
        "CREATE TRIGGER supervision_no_delete BEFORE DELETE ON supervision "
        "BEGIN SELECT RAISE(ABORT, 'supervision is never removed'); END"
    )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
