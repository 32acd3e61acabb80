"""Of a statement, who is named in it may be cleared (erasure of personal data); all else stays as it was said."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEPT = ("finding_id", "n", "table_id", "line", "at", "progress", "due_on", "done_on", "remarks")
CLEARED = ("leader", "contact", "phone")


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    same = "{0} IS NOT DISTINCT FROM {1}" if postgresql else "{0} IS {1}"
    stays = [same.format(f"NEW.{name}", f"OLD.{name}") for name in KEPT]
    clears = [f"(NEW.{name} IS NULL OR {same.format(f'NEW.{name}', f'OLD.{name}')})" for name in CLEARED]
    rewritten = f"NOT ({' AND '.join([*stays, *clears])})"
    if postgresql:
        op.execute("DROP TRIGGER statement_append_only ON statement")
        for event, when in (("update", f"WHEN ({rewritten}) "), ("delete", "")):
            op.execute(
                f"CREATE TRIGGER statement_no_{event} BEFORE {event.upper()} ON statement "
                f"FOR EACH ROW {when}EXECUTE FUNCTION refuse('statement is append-only')"
            )
        return
    op.execute("DROP TRIGGER statement_no_update")
    op.execute(
        f"CREATE TRIGGER statement_no_update BEFORE UPDATE ON statement WHEN {rewritten} "
        "BEGIN SELECT RAISE(ABORT, 'statement is append-only'); END"
    )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
