"""Sightings over a span of time are found by its end."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_fire_detection_until", "fire_detection", ["until"])


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
