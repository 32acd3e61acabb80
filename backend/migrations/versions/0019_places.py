"""Sites and fire points by place, for maps."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("site", "fire_point"):
        op.create_index(f"ix_{table}_place", table, ["lon", "lat"])


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
