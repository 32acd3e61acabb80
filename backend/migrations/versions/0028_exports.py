"""Exports that people asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("format", sa.String(length=12), nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("wanted_seq", BigInt, nullable=True),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("rights", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rows_done", BigInt, nullable=False),
        sa.Column("rows_total", BigInt, nullable=True),
        sa.Column("seq", BigInt, nullable=True),
        sa.Column("epoch", sa.String(length=36), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", BigInt, nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("kept_until", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued','running','done','failed','expired')", name=op.f("ck_export_state")
        ),
        sa.CheckConstraint(
            "state <> 'done' OR (sha256 IS NOT NULL AND kept_until IS NOT NULL)", name=op.f("ck_export_done")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_export_asked_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index("ix_export_asked", "export", ["asked_at", "id"])
    op.create_index("ix_export_asker", "export", ["asked_by", "asked_at", "id"])
    op.create_index("ix_export_state", "export", ["state", "kept_until"])


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
