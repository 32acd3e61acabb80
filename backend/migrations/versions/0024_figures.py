"""What statistics count, kept by triggers; rating plates of sites and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
Instant = sa.DateTime(timezone=True)

COUNTED = ("found", "rectified", "closed", "on_time", "late", "repeated")
KEYS = ("day", "county", "township", "topic", "office_id")
STANDING = (
    "finding_id", "found_at", "day", "county", "township", "topic", "severity", "office_id", "site_id", "item",
    *COUNTED, "reopened", "open", "due_at", "put_right_at", "watched_to",
)  # fmt: skip
KINDS = (
    ("township", "{row}.township", "''"),
    ("township-topic", "{row}.township", "{row}.topic"),
    ("county-topic", "{row}.county", "{row}.topic"),
    ("office", "{row}.office_id", "{row}.county"),
)
OF_FINDING = ("state", "found_at", "cell_code", "topic", "severity", "site_id", "item", "deadline_at")
OF_CASE = ("office_id", "due_at", "rectified_at", "closed_at", "times_reopened", "parked_until")
OF_WATCH = ("site_id", "item", "put_right_at", "watched_to")
WATCHED_DAYS = 90

REPEATED = (
    "CASE WHEN {row}.found = 1 AND ({row}.reopened > 0 OR EXISTS (SELECT 1 FROM finding_standing AS g "
    "WHERE g.site_id = {row}.site_id AND g.item = {row}.item AND g.finding_id <> {row}.finding_id "
    "AND g.put_right_at <= {row}.found_at AND {row}.day <= g.watched_to)) THEN 1 ELSE 0 END"
)


def upgrade() -> None:
    _tables()
    op.execute(f"INSERT INTO finding_standing ({', '.join(STANDING)}) {_standing_of('true')}")
    op.execute(f"UPDATE finding_standing SET repeated = {REPEATED.format(row='finding_standing')}")
    _count_what_is_there()
    if _postgresql():
        _triggers_of_postgresql()
    else:
        _triggers_of_sqlite()
    _append_only("site_plate_change")


def _tables() -> None:
    op.create_table(
        "finding_standing",
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("township", sa.String(length=9), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("office_id", sa.String(length=36), nullable=True),
        sa.Column("site_id", sa.String(length=36), nullable=True),
        sa.Column("item", sa.String(length=80), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*COUNTED, "reopened", "open")),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("put_right_at", Instant, nullable=True),
        sa.Column("watched_to", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding_standing")),
    )
    due = ["due_at", "day", "township", "topic", "office_id"]
    op.create_index("ix_finding_standing_due", "finding_standing", due)
    op.create_index("ix_finding_standing_site", "finding_standing", ["site_id", "item"])
    op.create_index("ix_finding_standing_office", "finding_standing", ["office_id", "day"])
    op.create_index("ix_inspection_site_finished", "inspection", ["site_id", "finished_at"])
    op.create_table(
        "figure_tally",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        *(sa.Column(name, BigInt, nullable=False) for name in (*COUNTED, "inspections")),
        sa.PrimaryKeyConstraint("kind", "period", "code", "part", name=op.f("pk_figure_tally")),
    )
    plates = "IN ('red','yellow','green','none')"
    op.create_table(
        "site_plate",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("plate", sa.String(length=8), nullable=False),
        sa.Column("scheme", sa.String(length=60), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("judged_at", Instant, nullable=False),
        sa.CheckConstraint(f"plate {plates}", name=op.f("ck_site_plate_plate")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_plate_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_plate")),
    )
    op.create_index("ix_site_plate_plate", "site_plate", ["plate", "since"])
    op.create_table(
        "site_plate_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("before", sa.String(length=8), nullable=True),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("scheme", sa.String(length=60), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_plate_change_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_plate_change")),
        sa.UniqueConstraint("site_id", "n", name=op.f("uq_site_plate_change_site_id_n")),
    )


def _postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _day(column: str, later: int = 0) -> str:
    """The day in China of an instant, some days later; a year that has no four digits is cut off, not refused."""
    if _postgresql():
        moved = f"{column} AT TIME ZONE 'UTC' + interval '8 hours' + interval '{later} days'"
        return f"left(to_char({moved}, 'YYYY-MM-DD'), 10)"
    return f"coalesce(date({column}, '+8 hours', '+{later} days'), '9999-12-31')"


def _standing_of(condition: str) -> str:
    """The standing of findings, from them and their cases."""
    return (
        "SELECT t.finding_id, t.found_at, t.day, t.county, t.township, t.topic, t.severity, t.office_id, t.site_id, "
        "t.item, t.found, t.rectified, t.closed, "
        "CASE WHEN t.rectified = 1 AND t.put_right <= t.due THEN 1 ELSE 0 END, "
        "CASE WHEN t.rectified = 1 AND t.put_right > t.due THEN 1 ELSE 0 END, "
        f"{REPEATED.format(row='t')}, t.reopened, t.open, "
        "CASE WHEN t.runs = 1 THEN CASE WHEN t.parked_until > t.due THEN t.parked_until ELSE t.due END END, "
        "CASE WHEN t.closed = 1 THEN t.put_right END, CASE WHEN t.closed = 1 THEN t.watched_to END FROM ("
        f"SELECT f.id AS finding_id, f.found_at, {_day('f.found_at')} AS day, "
        "coalesce(substr(f.cell_code, 1, 6), '') AS county, coalesce(substr(f.cell_code, 1, 9), '') AS township, "
        "f.topic, f.severity, c.office_id, f.site_id, f.item, "
        "CASE WHEN f.state <> 'rejected' THEN 1 ELSE 0 END AS found, "
        "CASE WHEN f.state IN ('feedback', 'recheck', 'closed', 'look_back') THEN 1 ELSE 0 END AS rectified, "
        "CASE WHEN f.state IN ('closed', 'look_back') THEN 1 ELSE 0 END AS closed, "
        "CASE WHEN f.state IN ('rejected', 'closed', 'look_back', 'penalty_transfer') THEN 0 ELSE 1 END AS open, "
        "CASE WHEN f.state IN ('submitted', 'verified', 'registered', 'dispatched', 'rectifying', 'returned') "
        "THEN 1 ELSE 0 END AS runs, coalesce(c.times_reopened, 0) AS reopened, c.parked_until, "
        "coalesce(c.due_at, f.deadline_at) AS due, coalesce(c.rectified_at, c.closed_at) AS put_right, "
        f"CASE WHEN c.closed_at IS NOT NULL THEN {_day('c.closed_at', WATCHED_DAYS)} END AS watched_to "
        f"FROM finding AS f LEFT JOIN finding_case AS c ON c.finding_id = f.id WHERE {condition}) AS t WHERE true"
    )


def _keep(id: str) -> str:
    """The statement that puts a finding's standing right."""
    rest = STANDING[1:]
    changed = " OR ".join(f"finding_standing.{name} IS DISTINCT FROM excluded.{name}" for name in rest)
    return (
        f"INSERT INTO finding_standing ({', '.join(STANDING)}) {_standing_of(f'f.id = {id}')} "
        f"ON CONFLICT (finding_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in rest)} "
        f"WHERE {changed}"
    )


def _look_at_others(row: str) -> str:
    """The statement that asks again which others at the same site and item are repeated."""
    return (
        f"UPDATE finding_standing SET repeated = {REPEATED.format(row='finding_standing')} "
        f"WHERE site_id = {row}.site_id AND item = {row}.item AND finding_id <> {row}.finding_id "
        f"AND repeated <> {REPEATED.format(row='finding_standing')}"
    )


def _sum(row: str, values: list[str]) -> str:
    """The statement that adds to the sums that a row belongs to."""
    kinds = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {code.format(row=row)} AS code, {part.format(row=row)} AS part"
        for kind, code, part in KINDS
    )
    added = ", ".join(f"{name} = figure_tally.{name} + excluded.{name}" for name in COUNTED)
    return (
        f"INSERT INTO figure_tally (kind, period, code, part, {', '.join(COUNTED)}, inspections) "
        f"SELECT k.kind, p.period, k.code, k.part, {', '.join(values)}, 0 FROM ({kinds}) AS k CROSS JOIN "
        f"(SELECT {row}.day AS period UNION ALL SELECT substr({row}.day, 1, 7)) AS p WHERE k.code IS NOT NULL "
        f"ON CONFLICT (kind, period, code, part) DO UPDATE SET {added}"
    )


def _in(row: str) -> str:
    return _sum(row, [f"{row}.{name}" for name in COUNTED])


def _out(row: str) -> str:
    return _sum(row, [f"-{row}.{name}" for name in COUNTED])


def _change() -> str:
    return _sum("NEW", [f"NEW.{name} - OLD.{name}" for name in COUNTED])


def _sum_inspection(row: str, by: int) -> str:
    day = _day(f"{row}.finished_at")
    zeros = ", ".join("0" for _ in COUNTED)
    return (
        f"INSERT INTO figure_tally (kind, period, code, part, {', '.join(COUNTED)}, inspections) "
        f"SELECT 'inspections', p.period, coalesce(substr({row}.cell_code, 1, 9), ''), '', {zeros}, {by} FROM "
        f"(SELECT {day} AS period UNION ALL SELECT substr({day}, 1, 7)) AS p WHERE true "
        "ON CONFLICT (kind, period, code, part) DO UPDATE SET inspections = figure_tally.inspections + excluded.inspections"
    )


def _differ(names: tuple[str, ...]) -> str:
    return " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)


def _triggers_of_sqlite() -> None:
    for table, id, columns in (("finding", "NEW.id", OF_FINDING), ("finding_case", "NEW.finding_id", OF_CASE)):
        for event in ("INSERT", f"UPDATE OF {', '.join(columns)}"):
            name = f"{table}_standing_{event.split()[0].lower()}"
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {_keep(id)}; END")
    table, keys, counted = "finding_standing", _differ(KEYS), _differ(COUNTED)
    op.execute(
        f"CREATE TRIGGER figure_tally_insert AFTER INSERT ON {table} WHEN NEW.found = 1 BEGIN {_in('NEW')}; END"
    )
    op.execute(
        f"CREATE TRIGGER figure_tally_update AFTER UPDATE ON {table} WHEN NOT ({keys}) AND ({counted}) "
        f"BEGIN {_change()}; END"
    )
    op.execute(
        f"CREATE TRIGGER figure_tally_move AFTER UPDATE ON {table} WHEN {keys} BEGIN {_out('OLD')}; {_in('NEW')}; END"
    )
    op.execute(
        f"CREATE TRIGGER finding_standing_others AFTER UPDATE OF {', '.join(OF_WATCH)} ON {table} "
        f"WHEN {_differ(OF_WATCH)} BEGIN {_look_at_others('OLD')}; {_look_at_others('NEW')}; END"
    )
    add = _sum_inspection("NEW", 1)
    op.execute(f"CREATE TRIGGER inspection_tally_insert AFTER INSERT ON inspection BEGIN {add}; END")
    op.execute(
        "CREATE TRIGGER inspection_tally_update AFTER UPDATE OF cell_code, finished_at ON inspection "
        f"WHEN {_differ(('cell_code', 'finished_at'))} BEGIN {_sum_inspection('OLD', -1)}; {add}; END"
    )


def _triggers_of_postgresql() -> None:
    def function(name: str, body: str) -> None:
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")

    def trigger(name: str, table: str, events: str, of: str, when: str = "") -> None:
        op.execute(
            f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {of}()"
        )

    for table, id, columns in (("finding", "NEW.id", OF_FINDING), ("finding_case", "NEW.finding_id", OF_CASE)):
        function(f"{table}_standing_keep", f"{_keep(id)};")  # no table's name: PL/pgSQL has a variable `found`
        trigger(f"{table}_standing_insert", table, "INSERT", f"{table}_standing_keep")
        trigger(f"{table}_standing_update", table, f"UPDATE OF {', '.join(columns)}", f"{table}_standing_keep")
    function(
        "figure_tally_keep",
        f"IF TG_OP = 'INSERT' THEN IF NEW.found = 1 THEN {_in('NEW')}; END IF; "
        f"ELSIF {_differ(KEYS)} THEN {_out('OLD')}; {_in('NEW')}; "
        f"ELSIF {_differ(COUNTED)} THEN {_change()}; END IF;",
    )
    function("finding_standing_others", f"{_look_at_others('OLD')}; {_look_at_others('NEW')};")
    table = "finding_standing"
    trigger("figure_tally_insert", table, "INSERT OR UPDATE", "figure_tally_keep")
    watched = f"WHEN ({_differ(OF_WATCH)})"
    trigger(table + "_others", table, f"UPDATE OF {', '.join(OF_WATCH)}", "finding_standing_others", watched)
    function(
        "inspection_tally_keep",
        f"IF TG_OP = 'UPDATE' THEN {_sum_inspection('OLD', -1)}; END IF; {_sum_inspection('NEW', 1)};",
    )
    trigger("inspection_tally_insert", "inspection", "INSERT", "inspection_tally_keep")
    moved = f"WHEN ({_differ(('cell_code', 'finished_at'))})"
    trigger("inspection_tally_update", "inspection", "UPDATE OF cell_code, finished_at", "inspection_tally_keep", moved)


def _count_what_is_there() -> None:
    sums = ", ".join(f"sum({name})" for name in COUNTED)
    names = f"kind, period, code, part, {', '.join(COUNTED)}, inspections"
    for period in ("day", "substr(day, 1, 7)"):
        for kind, code, part in KINDS:
            op.execute(
                f"INSERT INTO figure_tally ({names}) SELECT '{kind}', {period}, {code.format(row='s')}, "
                f"{part.format(row='s')}, {sums}, 0 FROM finding_standing AS s "
                f"WHERE {code.format(row='s')} IS NOT NULL AND found = 1 GROUP BY 2, 3, 4"
            )
    zeros, day = ", ".join("0" for _ in COUNTED), _day("finished_at")
    for period in (day, f"substr({day}, 1, 7)"):
        op.execute(
            f"INSERT INTO figure_tally ({names}) SELECT 'inspections', {period}, "
            f"coalesce(substr(cell_code, 1, 9), ''), '', {zeros}, count(*) FROM inspection GROUP BY 2, 3"
        )


def _append_only(table: str) -> None:
    if _postgresql():
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
