"""The register of sites: status, label, origin and history of each; tables that were imported."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("site") as site:
        site.add_column(sa.Column("status", sa.String(length=10), nullable=False, server_default="active"))
        site.add_column(sa.Column("label", sa.String(length=16), nullable=True))
        site.add_column(sa.Column("origin", sa.String(length=80), nullable=False, server_default="console"))
        site.add_column(sa.Column("author_id", sa.String(length=36), nullable=True))
        site.add_column(sa.Column("doubt", Json, nullable=True))
        site.create_unique_constraint(op.f("uq_site_label"), ["label"])
        site.create_check_constraint(op.f("ck_site_status"), "status IN ('proposed','active','closed')")
        site.create_foreign_key(op.f("fk_site_author_id_user_account"), "user_account", ["author_id"], ["id"])
    _label_what_is_there()
    op.create_table(
        "site_change",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("rev", BigInt, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("changes", Json, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_change_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", "rev", name=op.f("pk_site_change")),
    )
    op.create_table(
        "site_import",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("datum", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('checked','refused','applying','applied')", name=op.f("ck_site_import_state")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_site_import_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_import")),
    )
    op.create_table(
        "site_import_row",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["site_import.id"], name=op.f("fk_site_import_row_import_id_site_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_site_import_row")),
    )
    op.create_index("ix_site_import_row_open", "site_import_row", ["import_id", "applied", "line"])
    _append_only("site_change")


def _label_what_is_there() -> None:
    site = sa.table("site", sa.column("id"), sa.column("label"))
    for row in op.get_bind().execute(sa.select(site.c.id)).all():
        label = "".join(secrets.choice(LETTERS) for _ in range(8))
        op.get_bind().execute(sa.update(site).where(site.c.id == row.id).values(label=label))


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
