"""A person's records in the order of time: possible duplicates are looked for around a moment."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIMES = {"finding": "found_at", "inspection": "started_at"}


def upgrade() -> None:
    for table, time in TIMES.items():
        op.drop_index(f"ix_{table}_author_id", table)
        op.create_index(f"ix_{table}_author", table, ["author_id", time])


def downgrade() -> None:
    for table in TIMES:
        op.drop_index(f"ix_{table}_author", table)
        op.create_index(f"ix_{table}_author_id", table, ["author_id"])
