"""Rows by when they were last changed: the list of findings can be read in that order."""

from __future__ import annotations

from alembic import op

revision = "last_changed"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_synced_row_seq", "synced_row", ["type", "seq"])


def downgrade() -> None:
    op.drop_index("ix_synced_row_seq", table_name="synced_row")
