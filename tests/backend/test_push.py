"""A push: each op gets its verdict, once."""

from __future__ import annotations

import pytest

from tests.stories import Server

pytestmark = pytest.mark.both_databases


def test_a_reported_finding_is_acknowledged_and_lands_in_its_cells(server: Server) -> None:
    phone = server.phone()
    finding = phone.report()
    report = phone.sync()
    assert report.quiet
    assert phone.last_result()["status"] == "applied"
    stored = server.finding(finding)
    assert stored is not None
    assert {cell.scheme for cell in stored.cells} == {"admin", "square-1000", "beidou"}
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert row["description"] == "裸土未覆盖"
