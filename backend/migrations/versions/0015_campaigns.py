"""Campaigns and their duty rosters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("issuing_body", sa.String(length=200), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cells", Json, nullable=False),
        sa.Column("seasons", Json, nullable=False),
        sa.Column("hours", Json, nullable=False),
        sa.Column("checklists", Json, nullable=False),
        sa.Column("asks_for_tracks", sa.Boolean(), nullable=False),
        sa.Column("rain_until", Instant, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("state IN ('draft','running','ended')", name=op.f("ck_campaign_state")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_campaign_days")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_campaign_created_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("code", name=op.f("uq_campaign_code")),
    )
    op.create_table(
        "roster_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("cell_code", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("duty", sa.String(length=12), nullable=False),
        sa.Column("cancelled_at", Instant, nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_roster_entry_hours")),
        sa.CheckConstraint(
            "duty IN ('patrol','leader','liaison','driver','other')", name=op.f("ck_roster_entry_duty")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_roster_entry_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_roster_entry_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entry")),
        sa.UniqueConstraint(
            "campaign_id",
            "cell_code",
            "starts_at",
            "name",
            "duty",
            name=op.f("uq_roster_entry_campaign_id_cell_code_starts_at_name_duty"),
        ),
    )
    op.create_index("ix_roster_entry_campaign_id", "roster_entry", ["campaign_id"])
    op.create_index("ix_roster_entry_user_id", "roster_entry", ["user_id"])
    op.create_index("ix_roster_entry_cell", "roster_entry", ["cell_code", "starts_at"])


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
