"""Patrols and their tracks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "patrol",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=36), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("cell_code", sa.String(length=20), nullable=True),
        sa.Column("cells", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("track", sa.String(length=10), nullable=False),
        sa.Column("track_sha256", sa.String(length=64), nullable=True),
        sa.Column("walked", Json, nullable=False),
        sa.Column("missed", Json, nullable=False),
        sa.Column("gaps", Json, nullable=False),
        sa.Column("metres", sa.Double(), nullable=True),
        sa.Column("flags", Json, nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint(
            "track IN ('none','announced','kept','not-kept','expired')", name=op.f("ck_patrol_track")
        ),
        sa.CheckConstraint("started_at <= ended_at", name=op.f("ck_patrol_times")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_patrol_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_patrol_author_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol")),
    )
    for column in ("campaign_id", "author_id", "cell_code"):
        op.create_index(f"ix_patrol_{column}", "patrol", [column])
    op.create_index("ix_patrol_started", "patrol", ["started_at", "id"])
    op.create_table(
        "patrol_track",
        sa.Column("patrol_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["patrol_id"], ["patrol.id"], name=op.f("fk_patrol_track_patrol_id_patrol")),
        sa.PrimaryKeyConstraint("patrol_id", name=op.f("pk_patrol_track")),
    )
    op.create_index("ix_patrol_track_expires_at", "patrol_track", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
