"""Sets of zones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0004_checklist_life"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "zone_set",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("city", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("report", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("state IN ('checked','refused','active','retired')", name=op.f("ck_zone_set_state")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_zone_set_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_set")),
    )
    op.create_index("ix_zone_set_sha256", "zone_set", ["sha256"])
    active = sa.text("state = 'active'")
    op.create_index(
        "uq_zone_set_active", "zone_set", ["city"], unique=True, sqlite_where=active, postgresql_where=active
    )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
