"""What a fire link's answer was, so that the same one sent again gets the same reply."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fire_link", sa.Column("answer_sha256", sa.String(64)))
    op.add_column("fire_link", sa.Column("answer_status", sa.String(16)))


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
