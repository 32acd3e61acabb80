"""Inspections judged by the zones that held there, and judged again when photos and what is said of them come later."""

from __future__ import annotations

from typing import Any

import pytest

from backend.extensions import db
from backend.models import Finding, Inspection
from backend.services import judging, zones
from backend.transactions import writing
from geo import reference
from tests.backend.inspections import answer, submit
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg, new_id

pytestmark = pytest.mark.both_databases
LIUBEI = "450205"
ASKED = "straw.zone.no-burning"


def in_force(server: Server, unit: str, kind: str = "no-burn") -> None:
    """A zone over a whole unit."""
    text = f"""
city: "450200"
datum: CGCS2000
documents:
  sample: {{number: 试1号, title: 试, issued: 2026-01-01, origin: a test, confidence: read}}
zones:
  - id: z
    name: 试
    kind: {kind}
    document: sample
    basis: a test
    valid: {{from: 2026-01-01}}
    area: {{units: ["{unit}"]}}
"""
    with server.app.app_context(), writing() as session:
        found = zones.check(session, None, new_id(), server.time.now(), "z.yaml", text.encode())
        zones.activate(session, None, found.id, server.time.now())


def middle_of(unit: str) -> dict[str, Any]:
    shape = reference.county_grid()[unit].geometry
    assert shape is not None
    point = shape.representative_point()
    return {"lon": point.x, "lat": point.y, "datum": "CGCS2000", "accuracy_m": 8.0}


def inspected(server: Server, phone: Phone, item: str = ASKED) -> Inspection:
    inspection = submit(
        phone, answer(item, "pass"), checklist="straw-liuzhou", checklist_version="2026.1", position=middle_of(LIUBEI)
    )
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied", phone.last_result()
    return stored(server, Inspection, inspection)


def stored(server: Server, kind: Any, id: str) -> Any:
    with server.app.app_context():
        found = db.session.get(kind, id)
        assert found is not None
        db.session.expunge_all()
        db.session.remove()
        return found


def codes(record: Any) -> list[tuple[str, str]]:
    return [(flag["code"], flag["detail"]) for flag in record.flags if flag["code"] not in ("item-unanswered",)]


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=("450200",))


# zones ---------------------------------------------------------------------------------------------------------------
def test_an_item_for_a_zone_is_in_scope_where_the_zone_holds_and_what_held_is_kept(server: Server, wei: Phone) -> None:
    in_force(server, LIUBEI)
    found = inspected(server, wei)
    assert ("outside-scope", ASKED) not in codes(found)
    assert found.details["zones"]["hold"] == ["no-burn"]


def test_outside_of_the_zone_it_is_out_of_scope(server: Server, wei: Phone) -> None:
    in_force(server, "450202")
    found = inspected(server, wei)
    assert ("outside-scope", ASKED) in codes(found)
    assert found.details["zones"] == {"hold": [], "doubtful": ["built-up", "populated"]}


def test_where_nobody_keeps_zones_nothing_is_ruled_out(server: Server, wei: Phone) -> None:
    found = inspected(server, wei)
    assert ("outside-scope", ASKED) not in codes(found)
    assert "zones" not in found.details


def test_a_kind_that_no_set_is_about_is_doubtful(server: Server, wei: Phone) -> None:
    in_force(server, LIUBEI, "no-fireworks")
    found = inspected(server, wei)
    assert ("outside-scope", ASKED) not in codes(found)
    assert set(found.details["zones"]["doubtful"]) >= {"no-burn", "restricted-burn"}


# photos that come later --------------------------------------------------------------------------------------------
BURNING = "straw.alert.no-burning"  # two photos when it fails


def later_photo(phone: Phone, subject: tuple[str, str], colour: str = "green", **more: Any) -> str:
    sha256 = phone.device.capture(jpeg(colour=colour))
    args = {
        "sha256": sha256,
        "size": 1,
        "media_type": "image/jpeg",
        "source": "camera",
        "role": "scene",
        "subject": {"type": subject[0], "id": subject[1]},
        "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
        **more,
    }
    phone.device.record("photo.add", new_id(), args)
    return sha256


@pytest.mark.parametrize("together", [True, False])
def test_a_photo_of_the_finding_that_comes_later_fills_what_was_lacking(
    server: Server, wei: Phone, together: bool
) -> None:
    inspection = submit(wei, answer(BURNING))
    finding = judging.finding_id(inspection, BURNING)
    if not together:
        assert wei.sync().quiet
        assert ("evidence-lacking", BURNING) in codes(stored(server, Inspection, inspection))
        assert ("evidence-lacking", "") in codes(stored(server, Finding, finding))
    later_photo(wei, ("finding", finding))
    assert wei.sync().quiet
    assert ("evidence-lacking", BURNING) in codes(stored(server, Inspection, inspection))
    later_photo(wei, ("finding", finding), "blue")
    assert wei.sync().quiet
    assert ("evidence-lacking", BURNING) not in codes(stored(server, Inspection, inspection))
    assert ("evidence-lacking", "") not in codes(stored(server, Finding, finding))
    report = wei.sync()
    assert (report.quiet, report.resynced) == (True, [])
    row = wei.device.mirror.row("finding", finding)
    assert row is not None
    assert "evidence-lacking" not in [flag["code"] for flag in row["flags"]]


def test_a_photo_of_afterwards_proves_nothing_of_before(server: Server, wei: Phone) -> None:
    inspection = submit(wei, answer(BURNING))
    for colour in ("green", "blue"):
        later_photo(wei, ("finding", judging.finding_id(inspection, BURNING)), colour, role="after")
    assert wei.sync().quiet
    assert ("evidence-lacking", BURNING) in codes(stored(server, Inspection, inspection))


def test_another_ones_photo_does_not_stand_for_the_inspectors_own(server: Server, wei: Phone) -> None:
    inspection = submit(wei, answer(BURNING))
    assert wei.sync().quiet
    lan = server.phone("lan", grants=("450200",))
    lan.sync()
    for colour in ("green", "blue"):
        later_photo(lan, ("finding", judging.finding_id(inspection, BURNING)), colour)
    assert lan.sync().quiet
    assert ("evidence-lacking", BURNING) in codes(stored(server, Inspection, inspection))
