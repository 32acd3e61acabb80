"""Counties' own tables and what they say of findings; series of papers that begin above 1."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "county_table",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cell_code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("applied_by", sa.String(length=36), nullable=True),
        sa.Column("applied_at", Instant, nullable=True),
        sa.CheckConstraint("state IN ('checked','refused','applied')", name=op.f("ck_county_table_state")),
        sa.CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name=op.f("ck_county_table_applied")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_county_table_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["applied_by"], ["user_account.id"], name=op.f("fk_county_table_applied_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_county_table")),
    )
    op.create_index("ix_county_table_at", "county_table", ["at", "id"])
    op.create_index(op.f("ix_county_table_cell_code"), "county_table", ["cell_code"])
    op.create_table(
        "statement",
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("table_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("progress", sa.String(length=1000), nullable=True),
        sa.Column("leader", sa.String(length=80), nullable=True),
        sa.Column("contact", sa.String(length=120), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("remarks", sa.String(length=500), nullable=True),
        sa.CheckConstraint("n >= 1", name=op.f("ck_statement_n")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_statement_finding_id_finding")),
        sa.ForeignKeyConstraint(["table_id"], ["county_table.id"], name=op.f("fk_statement_table_id_county_table")),
        sa.PrimaryKeyConstraint("finding_id", "n", name=op.f("pk_statement")),
    )
    op.create_index("ix_statement_table", "statement", ["table_id", "line"])
    _append_only("statement")
    for column in (
        "paper_issuer ADD COLUMN first_year INTEGER",
        "paper_issuer ADD COLUMN first_n INTEGER CONSTRAINT ck_paper_issuer_first_n CHECK (first_n >= 1) "
        "CONSTRAINT ck_paper_issuer_first CHECK ((first_n IS NULL) = (first_year IS NULL))",
        "issued_paper ADD COLUMN first_n INTEGER DEFAULT 1 NOT NULL "
        "CONSTRAINT ck_issued_paper_first_n CHECK (first_n >= 1)",
    ):
        op.execute(f"ALTER TABLE {column}")  # both databases take it so, and SQLite makes no table anew


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
