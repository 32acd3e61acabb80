"""What people said of whose ground a finding lies on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "place_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.String(length=20), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("before", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("op_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("action IN ('claim','decline')", name=op.f("ck_place_step_action")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_place_step_finding_id_finding")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_place_step_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_step")),
        sa.UniqueConstraint("finding_id", "n", name=op.f("uq_place_step_finding_id_n")),
    )
    _append_only("place_step")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse('{table} is append-only')"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
