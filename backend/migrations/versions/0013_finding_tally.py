"""Findings counted by square and by cell, kept by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.tiles.squares import key_of

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WATCHED = ("square", "cell_code", "topic", "state", "severity", "lon", "lat")
KINDS = (
    *((str(zoom), f"{{row}}.square >> {2 * (20 - zoom)}", "{row}.square IS NOT NULL") for zoom in (8, 11, 14)),
    *(
        (str(100 + digits), f"CAST(substr({{row}}.cell_code, 1, {digits}) AS BIGINT)", f"length({{row}}.cell_code) >= {digits}")
        for digits in (6, 9, 12)
    ),
)


def upgrade() -> None:
    op.add_column("finding", sa.Column("square", BigInt, nullable=True))
    op.create_index("ix_finding_square", "finding", ["square"])
    op.create_table(
        "finding_tally",
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("key", BigInt, nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("n", BigInt, nullable=False),
        sa.Column("lon_sum", sa.Double(), nullable=False),
        sa.Column("lat_sum", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "county", "topic", "state", "severity", name=op.f("pk_finding_tally")),
    )
    _count_what_is_there()
    _triggers()


def _add(row: str, by: int) -> str:
    """The statement that counts a row in or out."""
    kinds = " UNION ALL ".join(
        f"SELECT {kind} AS kind, {key.format(row=row)} AS key WHERE {condition.format(row=row)}"
        for kind, key, condition in KINDS
    )
    place = (f"{by} * coalesce({row}.lon, 0)", f"{by} * coalesce({row}.lat, 0)")
    return (
        "INSERT INTO finding_tally (kind, key, county, topic, state, severity, n, lon_sum, lat_sum) "
        f"SELECT k.kind, k.key, coalesce(substr({row}.cell_code, 1, 6), ''), {row}.topic, {row}.state, {row}.severity, "
        f"{by}, {place[0]}, {place[1]} FROM ({kinds}) AS k WHERE true "
        "ON CONFLICT (kind, key, county, topic, state, severity) DO UPDATE SET n = finding_tally.n + excluded.n, "
        "lon_sum = finding_tally.lon_sum + excluded.lon_sum, lat_sum = finding_tally.lat_sum + excluded.lat_sum"
    )


def _triggers() -> None:
    columns = ", ".join(WATCHED)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION finding_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' THEN {_add('OLD', -1)}; END IF; {_add('NEW', 1)}; RETURN NULL; END $$"
        )
        for event in ("INSERT", f"UPDATE OF {columns}"):
            name = event.split()[0].lower()
            op.execute(
                f"CREATE TRIGGER finding_tally_{name} AFTER {event} ON finding "
                "FOR EACH ROW EXECUTE FUNCTION finding_tally_keep()"
            )
        return
    op.execute(f"CREATE TRIGGER finding_tally_insert AFTER INSERT ON finding BEGIN {_add('NEW', 1)}; END")
    op.execute(
        f"CREATE TRIGGER finding_tally_update AFTER UPDATE OF {columns} ON finding "
        f"BEGIN {_add('OLD', -1)}; {_add('NEW', 1)}; END"
    )


def _count_what_is_there() -> None:
    connection = op.get_bind()
    for id, lon, lat in connection.exec_driver_sql("SELECT id, lon, lat FROM finding").all():
        square = None if lon is None or lat is None else key_of(lon, lat)
        connection.execute(sa.text("UPDATE finding SET square = :square WHERE id = :id"), {"square": square, "id": id})
    for kind, key, condition in KINDS:
        rest = "coalesce(substr(finding.cell_code, 1, 6), ''), topic, state, severity"
        op.execute(
            "INSERT INTO finding_tally (kind, key, county, topic, state, severity, n, lon_sum, lat_sum) "
            f"SELECT {kind}, {key.format(row='finding')}, {rest}, count(*), coalesce(sum(lon), 0), coalesce(sum(lat), 0) "
            f"FROM finding WHERE {condition.format(row='finding')} GROUP BY 2, 3, 4, 5, 6"
        )


def downgrade() -> None:
    raise NotImplementedError("The history is never taken off; restore a backup instead.")
