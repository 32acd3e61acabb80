"""Fingerprints and flags of photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "photo_sketch",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("grey", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_photo_sketch")),
    )
    op.create_table(
        "photo_print",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("third", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("r", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "n", name=op.f("pk_photo_print")),
    )
    for band in ("first", "second", "third"):
        op.create_index(f"ix_photo_print_{band}", "photo_print", [band])
    op.create_table(
        "photo_flag",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "subject_type", "subject_id", "code", name=op.f("pk_photo_flag")),
    )
    op.create_index("ix_photo_flag_subject", "photo_flag", ["subject_type", "subject_id"])
    op.create_table(
        "photo_due",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_photo_due_hash")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_photo_due")),
    )
    op.create_index("ix_photo_due_since", "photo_due", ["since"])
    op.create_index("ix_photo_author_captured", "photo", ["author_id", "captured_at", "id"])
    # Photos that were stored before have no flags yet; the next look is at all of them.
    op.execute("INSERT INTO photo_due (sha256, since) SELECT sha256, MIN(named_at) FROM mention GROUP BY sha256")


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
