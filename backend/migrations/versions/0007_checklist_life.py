"""Checklists are drafted, published, retired; what is published is never rewritten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FROZEN = ("code", "version", "title_zh", "title_en", "sha256", "body", "published_at")


def upgrade() -> None:
    op.add_column("checklist_version", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "checklist_draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_checklist_draft_author_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_draft")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_checklist_draft_code_version")),
    )
    _freeze()


def _freeze() -> None:
    events = {"delete": "DELETE", "update": f"UPDATE OF {', '.join(FROZEN)}"}
    for name, event in events.items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER checklist_version_no_{name} BEFORE {event} ON checklist_version "
                "FOR EACH ROW EXECUTE FUNCTION refuse('a published checklist is never rewritten')"
            )
        else:
            op.execute(
                f"CREATE TRIGGER checklist_version_no_{name} BEFORE {event} ON checklist_version "
                "BEGIN SELECT RAISE(ABORT, 'a published checklist is never rewritten'); END"
            )


def downgrade() -> None:
    raise NotImplementedError("The guards are never taken off; restore a backup instead.")
