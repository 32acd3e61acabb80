"""Periods of the list with what each said, and papers by issuing body."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
APPEND_ONLY = (
    "period_version",
    "period_row",
    "paper_template",
    "issued_paper",
    "paper_revocation",
)


def upgrade() -> None:
    op.create_table(
        "period",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("series", sa.String(length=100), nullable=False),
        sa.Column("cell_code", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("topic", sa.String(length=20), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("signer", sa.String(length=80), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut_off", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'open') = (version = 0)", name=op.f("ck_period_version")),
        sa.CheckConstraint("state IN ('open','frozen','reissued')", name=op.f("ck_period_state")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_period_number")),
        sa.CheckConstraint("starts_at IS NULL OR starts_at < cut_off", name=op.f("ck_period_span")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_period_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_period_created_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("series", "cut_off", name=op.f("uq_period_series_cut_off")),
        sa.UniqueConstraint("series", "year", "number", name=op.f("uq_period_series_year_number")),
    )
    op.create_index(op.f("ix_period_cell_code"), "period", ["cell_code"], unique=False)
    op.create_index("ix_period_cut_off", "period", ["cut_off", "id"], unique=False)
    op.create_index(
        "uq_period_open",
        "period",
        ["series"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "period_version",
        sa.Column("period_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("signer", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("before_id", sa.String(length=36), nullable=True),
        sa.Column("before_version", sa.Integer(), nullable=True),
        sa.Column("counts", Json, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "version >= 1 AND (version = 1 OR reason IS NOT NULL)", name=op.f("ck_period_version_version")
        ),
        sa.ForeignKeyConstraint(
            ["before_id", "before_version"],
            ["period_version.period_id", "period_version.version"],
            name="fk_period_version_before",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_period_version_by_id_user_account")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_period_version_period_id_period")),
        sa.PrimaryKeyConstraint("period_id", "version", name=op.f("pk_period_version")),
    )
    op.create_table(
        "period_row",
        sa.Column("period_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.CheckConstraint("NOT late OR origin = 'new'", name=op.f("ck_period_row_late")),
        sa.CheckConstraint("origin IN ('carried','new','reopened')", name=op.f("ck_period_row_origin")),
        sa.CheckConstraint("outcome IN ('open','closed','transferred','removed')", name=op.f("ck_period_row_outcome")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_period_row_finding_id_finding")),
        sa.ForeignKeyConstraint(
            ["period_id", "version"],
            ["period_version.period_id", "period_version.version"],
            name="fk_period_row_version",
        ),
        sa.PrimaryKeyConstraint("period_id", "version", "finding_id", name=op.f("pk_period_row")),
        sa.UniqueConstraint("period_id", "version", "n", name=op.f("uq_period_row_period_id_version_n")),
    )
    op.create_index("ix_period_row_finding", "period_row", ["finding_id"], unique=False)
    op.create_table(
        "paper_issuer",
        sa.Column("office_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_paper_issuer_office_id_office")),
        sa.PrimaryKeyConstraint("office_id", "kind", name=op.f("pk_paper_issuer")),
        sa.UniqueConstraint("word", name=op.f("uq_paper_issuer_word")),
    )
    op.create_table(
        "paper_template",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_paper_template_version")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_paper_template_by_id_user_account")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_paper_template_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("office_id", "kind", "version", name=op.f("uq_paper_template_office_id_kind_version")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft','issued','revoked')", name=op.f("ck_paper_state")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_paper_created_by_user_account")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_paper_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.create_index("ix_paper_created", "paper", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_paper_office_id"), "paper", ["office_id"], unique=False)
    op.create_table(
        "paper_finding",
        sa.Column("paper_id", sa.String(length=36), nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_paper_finding_finding_id_finding")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_paper_finding_paper_id_paper")),
        sa.PrimaryKeyConstraint("paper_id", "finding_id", name=op.f("pk_paper_finding")),
        sa.UniqueConstraint("paper_id", "n", name=op.f("uq_paper_finding_paper_id_n")),
    )
    op.create_index("ix_paper_finding_finding", "paper_finding", ["finding_id"], unique=False)
    op.create_table(
        "issued_paper",
        sa.Column("paper_id", sa.String(length=36), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("previous_n", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("signer", sa.String(length=80), nullable=False),
        sa.Column("filled", Json, nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=True),
        sa.Column("template_sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(n = 1 AND previous_n IS NULL) OR (n > 1 AND previous_n IS NOT NULL AND previous_n = n - 1)",
            name=op.f("ck_issued_paper_no_gap"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_issued_paper_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["office_id", "kind", "year", "previous_n"],
            ["issued_paper.office_id", "issued_paper.kind", "issued_paper.year", "issued_paper.n"],
            name="fk_issued_paper_previous",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_issued_paper_office_id_office")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_issued_paper_paper_id_paper")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["paper_template.id"], name=op.f("fk_issued_paper_template_id_paper_template")
        ),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_issued_paper")),
        sa.UniqueConstraint("number", name=op.f("uq_issued_paper_number")),
        sa.UniqueConstraint("office_id", "kind", "year", "n", name=op.f("uq_issued_paper_office_id_kind_year_n")),
    )
    op.create_table(
        "paper_revocation",
        sa.Column("paper_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_paper_revocation_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["issued_paper.paper_id"], name=op.f("fk_paper_revocation_paper_id_issued_paper")
        ),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper_revocation")),
    )
    # ### end Alembic commands ###

    for table in APPEND_ONLY:
        _append_only(table)


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
