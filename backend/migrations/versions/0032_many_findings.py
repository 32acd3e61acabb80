"""Lists, counts and maps of very many findings: what they are narrowed by lies in the index of their order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

FOUND = ["found_at", "id", "cell_code", "state", "topic", "severity", "author_id", "square", "lon", "lat"]


def upgrade() -> None:
    op.drop_index("ix_finding_found", "finding")
    op.create_index("ix_finding_found", "finding", FOUND)
    op.drop_index("ix_finding_topic_state", "finding")
    op.create_index("ix_finding_state", "finding", ["state", "found_at", "id"])
    op.create_index("ix_finding_severity", "finding", ["severity", "found_at", "id"])
    low = sa.text("confidence < 0.6")
    op.create_index(
        "ix_finding_cell_doubtful", "finding_cell", ["scheme", "finding_id"], sqlite_where=low, postgresql_where=low
    )
    op.create_index("ix_synced_row_seq", "synced_row", ["type", "seq"])


def downgrade() -> None:
    op.drop_index("ix_synced_row_seq", "synced_row")
    op.drop_index("ix_finding_cell_doubtful", "finding_cell")
    op.drop_index("ix_finding_severity", "finding")
    op.drop_index("ix_finding_state", "finding")
    op.create_index("ix_finding_topic_state", "finding", ["topic", "state"])
    op.drop_index("ix_finding_found", "finding")
    op.create_index("ix_finding_found", "finding", ["found_at", "id"])
