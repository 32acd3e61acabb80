"""Guards that no code path can go round: `seq` only rises, ops and the audit trail are never rewritten."""

from __future__ import annotations

from uuid import uuid4

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEQ_TABLES = ("entry", "synced_row")
KEPT_OP_COLUMNS = ("stream_id", "n", "op_id", "cmd", "body", "sha256", "sig", "received_at")


def upgrade() -> None:
    op.get_bind().execute(
        text("INSERT INTO counter (id, value, epoch, backed_up_seq, tombstone_floor) VALUES (1, 0, :epoch, 0, 0)"),
        {"epoch": str(uuid4())},
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _sqlite() -> None:
    within = "NEW.seq > (SELECT value FROM counter WHERE id = 1)"
    for table in SEQ_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_seq_insert BEFORE INSERT ON {table} WHEN {within} "
            "BEGIN SELECT RAISE(ABORT, 'seq is beyond the counter'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_seq_update BEFORE UPDATE ON {table} WHEN NEW.seq <= OLD.seq OR {within} "
            "BEGIN SELECT RAISE(ABORT, 'seq must rise, within the counter'); END"
        )
    op.execute(
        "CREATE TRIGGER counter_rises BEFORE UPDATE ON counter WHEN NEW.value < OLD.value AND NEW.epoch = OLD.epoch "
        "BEGIN SELECT RAISE(ABORT, 'the counter never falls within an epoch'); END"
    )
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT_OP_COLUMNS)
    op.execute(
        f"CREATE TRIGGER op_kept BEFORE UPDATE ON op WHEN {changed} "
        "BEGIN SELECT RAISE(ABORT, 'an op is kept as it was sent'); END"
    )
    op.execute(
        "CREATE TRIGGER op_decided_once BEFORE UPDATE ON op WHEN OLD.status <> 'held' "
        "BEGIN SELECT RAISE(ABORT, 'a result ends once'); END"
    )
    for table in ("op", "audit_event"):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event "
        "BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END"
    )


def _postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION seq_rises() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.seq > (SELECT value FROM counter WHERE id = 1) THEN
                RAISE EXCEPTION 'seq is beyond the counter';
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.seq <= OLD.seq THEN
                RAISE EXCEPTION 'seq must rise';
            END IF;
            RETURN NEW;
        END $$"""
    )
    for table in SEQ_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_seq BEFORE INSERT OR UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION seq_rises()"
        )
    op.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0];
        END $$"""
    )
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT_OP_COLUMNS)
    guards = {
        "op_kept": f"BEFORE UPDATE ON op FOR EACH ROW WHEN ({changed})",
        "op_decided_once": "BEFORE UPDATE ON op FOR EACH ROW WHEN (OLD.status <> 'held')",
        "op_no_delete": "BEFORE DELETE ON op FOR EACH ROW",
        "audit_event_append_only": "BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW",
        "counter_rises": "BEFORE UPDATE ON counter FOR EACH ROW WHEN (NEW.value < OLD.value AND NEW.epoch = OLD.epoch)",
    }
    for name, when in guards.items():
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION refuse('{name}')")


def downgrade() -> None:
    raise NotImplementedError("The guards are never taken off; restore a backup instead.")
