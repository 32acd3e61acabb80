"""Tombstones are found by their age without a look at every entry; stored bytes that were lost are marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("kind <> 'put'")
    op.create_index("ix_entry_tombstone", "entry", ["seq"], sqlite_where=where, postgresql_where=where)
    op.add_column("blob", sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_blob_lost_at", "blob", ["lost_at"])


def downgrade() -> None:
    op.drop_index("ix_blob_lost_at", "blob")
    op.drop_column("blob", "lost_at")
    op.drop_index("ix_entry_tombstone", "entry")
