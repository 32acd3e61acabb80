"""Sets of zones; fire points with their sightings, imports, links and daily reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql")
BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _zones()
    _fire_points()
    _append_only("fire_detection")


def _zones() -> None:
    op.create_table(
        "zone_set",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("city", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("report", Json, nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rev", BigInt, nullable=False),
        sa.CheckConstraint("state IN ('checked','refused','active','retired')", name=op.f("ck_zone_set_state")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_zone_set_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_set")),
    )
    op.create_index("ix_zone_set_sha256", "zone_set", ["sha256"])
    active = sa.text("state = 'active'")
    op.create_index(
        "uq_zone_set_active", "zone_set", ["city"], unique=True, sqlite_where=active, postgresql_where=active
    )


def _fire_points() -> None:
    op.create_table('fire_point',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('reach_m', sa.Double(), nullable=False),
    sa.Column('cell_code', sa.String(length=20), nullable=True),
    sa.Column('cell_confidence', sa.Double(), nullable=False),
    sa.Column('zone_outcome', sa.String(length=30), nullable=False),
    sa.Column('zone', Json, nullable=False),
    sa.Column('sources', Json, nullable=False),
    sa.Column('sightings', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=True),
    sa.Column('reporter_id', sa.String(length=36), nullable=True),
    sa.Column('assignee_id', sa.String(length=36), nullable=True),
    sa.Column('outcome', sa.String(length=30), nullable=True),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('extinguished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('crop', sa.String(length=40), nullable=True),
    sa.Column('area_mu', sa.Double(), nullable=True),
    sa.Column('handling', Json, nullable=False),
    sa.Column('penalty_yuan', sa.Double(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('position', Json, nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=36), nullable=True),
    sa.Column('answered_name', sa.String(length=80), nullable=True),
    sa.Column('answered_via', sa.String(length=10), nullable=True),
    sa.Column('answered_stream', sa.String(length=36), nullable=True),
    sa.Column('flags', Json, nullable=False),
    sa.Column('merged_into', sa.String(length=36), nullable=True),
    sa.Column('rev', BigInt, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('open','answered','merged')", name=op.f('ck_fire_point_state')),
    sa.ForeignKeyConstraint(['answered_by'], ['user_account.id'], name=op.f('fk_fire_point_answered_by_user_account')),
    sa.ForeignKeyConstraint(['assignee_id'], ['user_account.id'], name=op.f('fk_fire_point_assignee_id_user_account')),
    sa.ForeignKeyConstraint(['merged_into'], ['fire_point.id'], name=op.f('fk_fire_point_merged_into_fire_point')),
    sa.ForeignKeyConstraint(['reporter_id'], ['user_account.id'], name=op.f('fk_fire_point_reporter_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fire_point')),
    sa.UniqueConstraint('number', name=op.f('uq_fire_point_number'))
    )
    op.create_index('ix_fire_point_assignee_id', 'fire_point', ['assignee_id'])
    op.create_index('ix_fire_point_cell_code', 'fire_point', ['cell_code'])
    op.create_index('ix_fire_point_first', 'fire_point', ['first_at', 'id'])
    op.create_index('ix_fire_point_merged_into', 'fire_point', ['merged_into'])
    op.create_index('ix_fire_point_zone_outcome', 'fire_point', ['zone_outcome'])
    op.create_table('fire_import',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('form', sa.String(length=10), nullable=False),
    sa.Column('terms', Json, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.Column('by_id', sa.String(length=36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('report', Json, nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("form IN ('firms','himawari','report','pasted')", name=op.f('ck_fire_import_form')),
    sa.CheckConstraint("state IN ('checked','refused','applying','applied')", name=op.f('ck_fire_import_state')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_fire_import_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fire_import'))
    )
    op.create_table('fire_import_row',
    sa.Column('import_id', sa.String(length=36), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('fields', Json, nullable=False),
    sa.Column('applied', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['fire_import.id'], name=op.f('fk_fire_import_row_import_id_fire_import')),
    sa.PrimaryKeyConstraint('import_id', 'n', name=op.f('pk_fire_import_row'))
    )
    op.create_index('ix_fire_import_row_open', 'fire_import_row', ['import_id', 'applied', 'n'])
    op.create_table('fire_detection',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('fire_point_id', sa.String(length=36), nullable=False),
    sa.Column('import_id', sa.String(length=36), nullable=True),
    sa.Column('by_id', sa.String(length=36), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('quality', sa.String(length=10), nullable=False),
    sa.Column('source', sa.String(length=12), nullable=False),
    sa.Column('satellite', sa.String(length=60), nullable=False),
    sa.Column('instant', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('across_m', sa.Double(), nullable=True),
    sa.Column('along_m', sa.Double(), nullable=True),
    sa.Column('radius_m', sa.Double(), nullable=False),
    sa.Column('reach_m', sa.Double(), nullable=False),
    sa.Column('confidence', sa.String(length=10), nullable=True),
    sa.Column('frp_mw', sa.Double(), nullable=True),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('raw', Json, nullable=False),
    sa.Column('notes', Json, nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_fire_detection_by_id_user_account')),
    sa.ForeignKeyConstraint(['fire_point_id'], ['fire_point.id'], name=op.f('fk_fire_detection_fire_point_id_fire_point')),
    sa.ForeignKeyConstraint(['import_id'], ['fire_import.id'], name=op.f('fk_fire_detection_import_id_fire_import')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fire_detection')),
    sa.UniqueConstraint('key', 'quality', name=op.f('uq_fire_detection_key_quality'))
    )
    op.create_index('ix_fire_detection_fire_point_id', 'fire_detection', ['fire_point_id'])
    op.create_index('ix_fire_detection_import_id', 'fire_detection', ['import_id'])
    op.create_index('ix_fire_detection_instant', 'fire_detection', ['instant'])
    op.create_index('ix_fire_detection_place', 'fire_detection', ['lon', 'lat'])
    op.create_index('ix_fire_detection_reach_m', 'fire_detection', ['reach_m'])
    op.create_table('fire_link',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('fire_point_id', sa.String(length=36), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('made_by', sa.String(length=36), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['fire_point_id'], ['fire_point.id'], name=op.f('fk_fire_link_fire_point_id_fire_point')),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_fire_link_made_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fire_link')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_fire_link_token_sha256'))
    )
    op.create_index('ix_fire_link_fire_point_id', 'fire_link', ['fire_point_id'])
    op.create_table('fire_day',
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('vehicles', sa.Integer(), nullable=False),
    sa.Column('fires', sa.Integer(), nullable=False),
    sa.Column('zero_report', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.Column('by_id', sa.String(length=36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rev', BigInt, nullable=False),
    sa.CheckConstraint('people >= 0 AND vehicles >= 0 AND fires >= 0', name=op.f('ck_fire_day_counts')),
    sa.CheckConstraint('zero_report = (fires = 0)', name=op.f('ck_fire_day_zero_report')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_fire_day_by_id_user_account')),
    sa.PrimaryKeyConstraint('unit', 'day', name=op.f('pk_fire_day'))
    )
    op.create_index('ix_fire_day_day', 'fire_day', ['day'])


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
