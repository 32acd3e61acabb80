"""Management units beside the administrative cells, and the rows that lie in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "management_unit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("cells", Json, nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=True),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint(
            "kind IN ('new_area','industrial_park','farm','other')", name=op.f("ck_management_unit_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_management_unit_code")),
    )
    op.create_table(
        "unit_change",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["management_unit.id"], name=op.f("fk_unit_change_unit_id_management_unit")),
        sa.PrimaryKeyConstraint("unit_id", "rev", name=op.f("pk_unit_change")),
    )
    op.create_table(
        "unit_member",
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "code", name=op.f("pk_unit_member")),
    )
    op.create_index("ix_unit_member_code", "unit_member", ["code", "subject_type"])
    _append_only("unit_change")


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
