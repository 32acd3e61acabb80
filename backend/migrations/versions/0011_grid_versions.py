"""Grid versions with their import's report, since when each holds, and where rows lay before they were moved."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
Instant = sa.DateTime(timezone=True)
LEVELS = ["province", "city", "county", "township", "village"]
PLACED = ("finding", "inspection", "site", "fire_point")


def upgrade() -> None:
    _versions()
    _placements()
    for table in PLACED:
        op.add_column(table, sa.Column("placed_n", sa.Integer(), nullable=False, server_default="1"))
        op.create_index(f"ix_{table}_placed_n", table, ["placed_n"])
    for table in ("grid_activation", "former_placement"):
        _append_only(table)


def _versions() -> None:
    op.add_column("grid_version", sa.Column("levels", Json, nullable=False, server_default=json.dumps(LEVELS)))
    op.add_column("grid_version", sa.Column("report", Json, nullable=False, server_default="{}"))
    op.add_column("grid_version", sa.Column("staged_by", sa.String(length=36), nullable=True))
    op.add_column(
        "grid_version", sa.Column("staged_at", Instant, nullable=False, server_default="1970-01-02 00:00:00.000000")
    )
    op.execute("UPDATE grid_version SET staged_at = valid_from")
    op.create_table(
        "grid_activation",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("valid_from", Instant, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["grid_version.id"], name=op.f("fk_grid_activation_version_id_grid_version")
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_grid_activation")),
    )
    op.execute(
        "INSERT INTO grid_activation (n, version_id, valid_from, at) "
        "SELECT 1, id, '1970-01-02 00:00:00.000000', valid_from FROM grid_version WHERE status = 'active'"
    )
    op.drop_column("grid_version", "valid_from")
    op.drop_column("grid_version", "valid_to")


def _placements() -> None:
    op.create_table(
        "former_placement",
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("method", sa.String(length=30), nullable=True),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("moved_to", sa.String(length=20), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "n", name=op.f("pk_former_placement")),
    )
    op.create_index("ix_former_placement_n", "former_placement", ["n"])


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
