"""No request of a device reads a whole table: what it costs must not grow with what the database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from backend.extensions import db
from backend.models.finding import DOUBTFUL_CELL
from geo.locate import DOUBTFUL
from tests.backend.inspections import answer, submit
from tests.stories import Server, jpeg

ONE_ROW_OR_FEW = {
    "counter",
    "receipt_key",
    "grid_version",
    "grid_activation",
    "cell",
    "checklist_version",
    "management_unit",
}


@contextmanager
def statements(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database, with its values."""
    said: list[tuple[str, Any]] = []
    with app.app_context():
        engine = db.engine

    def on_statement(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            said.append((statement, values[0] if many else values))

    event.listen(engine, "before_cursor_execute", on_statement)
    yield said
    event.remove(engine, "before_cursor_execute", on_statement)


def whole_tables_read(app: Flask, said: list[tuple[str, Any]]) -> set[str]:
    """Each scan of a table that grows, with its statement."""
    found = set()
    with app.app_context(), db.engine.connect() as connection:
        for statement, values in said:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [str(step.detail) for step in plan]
            if " LIMIT " in statement and not any("TEMP B-TREE" in step for step in steps):
                continue  # it walks along an order and stops
            for step in steps:
                words = step.split()
                if words[0] == "SCAN" and words[1] in db.metadata.tables and words[1] not in ONE_ROW_OR_FEW:
                    found.add(f"{step}: {statement}")
    return found


def test_places_that_wait_for_somebody_are_found_without_a_look_at_all_cells(app: Flask, server: Server) -> None:
    """Their index serves only who asks with the very number that is written there."""
    assert str(DOUBTFUL_CELL) == f"finding_cell.confidence < {DOUBTFUL}"
    luo = server.token("luo", "supervisor")
    with statements(app) as said:
        assert app.test_client().get("/api/v1/doubtful-places", headers=luo).status_code == 200
    (asked,) = [(statement, values) for statement, values in said if str(DOUBTFUL_CELL) in statement]
    with app.app_context(), db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])
        assert any("ix_finding_cell_doubtful" in str(step.detail) for step in plan)
    assert whole_tables_read(app, [asked]) == set()


@pytest.mark.parametrize(("days", "index"), [(30, "ix_finding_found"), (400, "ix_finding_square")])
def test_a_map_of_a_city_reads_a_month_along_the_times_and_a_long_time_by_its_squares(
    app: Flask, server: Server, days: int, index: str
) -> None:
    """In the middle of a city a tile holds half of all findings, a month a twentieth of them."""
    luo = server.token("luo", "supervisor", ("450200",))
    since = (server.time.now() - timedelta(days=days)).date()
    with statements(app) as said:
        tile = f"/api/v1/tiles/findings/12/3291/1758.mvt?found_from={since}"
        assert app.test_client().get(tile, headers=luo).status_code == 200
    (asked,) = [(statement, values) for statement, values in said if "GROUP BY" in statement]
    with app.app_context(), db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])
        assert any(index in str(step.detail) for step in plan)


def test_no_request_of_a_device_reads_a_whole_table(app: Flask, server: Server) -> None:
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    with statements(app) as said:
        for colour in ("brown", "green"):
            photo = wei.device.capture(jpeg(colour=colour))
            finding = wei.report(photos=[photo])
            submit(wei, answer("straw.zone.no-burning", photos=[photo]))
            wei.device.record("finding.comment", finding, {"text": "见", "photos": []})
            wei.sync()
            luo.sync()
            for phone, words in ((luo, "先到"), (wei, "后到")):
                phone.device.record("finding.edit", finding, {"description": words}, 1)
                phone.sync()
        assert luo.raw("GET", "/api/v1/sync/pull").json()["entries"]
    assert any("synced_row" in statement for statement, _ in said)
    assert whole_tables_read(app, said) == set()
