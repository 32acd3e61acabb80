"""Tombstones are found by their age without a look at every entry."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = text("kind <> 'put'")
    op.create_index("ix_entry_tombstone", "entry", ["seq"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_entry_tombstone", "entry")
