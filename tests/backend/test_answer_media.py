"""Evidence of an inspection is checked against the photos that have come: the exit rule asks where they were taken."""

from __future__ import annotations

from typing import Any

import pytest

from backend.extensions import db
from backend.models import Site
from backend.services.answer_media import gate_of
from tests.backend.inspections import answer, submit
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg, new_id

EXIT = "dust.exit.road-clean"
GATE = {"lon": 109.33, "lat": 24.25}
MARKED = {"gate_lon": GATE["lon"], "gate_lat": GATE["lat"]}
METRE_NORTH = 1 / 110_760


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


def site_with(server: Server, attributes: dict[str, Any]) -> str:
    with server.app.app_context():
        site = Site(
            id=new_id(), code=new_id(), name="拉堡安置房项目", kind="construction", attributes=attributes,
            lon=GATE["lon"], lat=GATE["lat"], created_at=server.time.now(),
        )  # fmt: skip
        db.session.add(site)
        db.session.commit()
        found = site.id
        db.session.remove()
    return found


def photographed(phone: Phone, metres_north: float, accuracy_m: float = 5) -> str:
    position = {**IN_LIUJIANG, **GATE, "accuracy_m": accuracy_m}
    position["lat"] = GATE["lat"] + metres_north * METRE_NORTH
    sha256 = phone.device.capture(jpeg(colour=f"rgb({int(metres_north) + 100},1,1)"))
    args = {
        "sha256": sha256, "size": 1000, "media_type": "image/jpeg", "captured_at": phone.clock.now().isoformat(),
        "position": position, "source": "camera", "subject": {"type": "inspection", "id": new_id()}, "role": "scene",
    }  # fmt: skip
    phone.device.record("photo.add", new_id(), args)
    return sha256


def flags_after(phone: Phone, photos: list[str], site: str) -> list[str]:
    given = answer(EXIT, "pass", value=50, photos=photos)
    inspection = submit(phone, given, checklist="dust-liujiang", site=site)
    phone.sync()
    row = phone.device.mirror.row("inspection", inspection)
    assert row is not None
    return [flag["code"] for flag in row["flags"] if flag["detail"] == EXIT]


def test_photos_at_the_gate_and_50_m_each_way_need_no_flag(phone: Phone, server: Server) -> None:
    site = site_with(server, MARKED)
    assert flags_after(phone, [photographed(phone, metres) for metres in (0, 50, -50)], site) == []


@pytest.mark.parametrize(("metres", "accuracy_m"), [((0, 50, 60), 5), ((0, 50, -50), 40)])
def test_photos_elsewhere_or_too_vague_are_flagged(
    phone: Phone, server: Server, metres: tuple[float, ...], accuracy_m: float
) -> None:
    photos = [photographed(phone, each, accuracy_m) for each in metres]
    assert flags_after(phone, photos, site_with(server, MARKED)) == ["evidence-lacking"]


def test_a_site_whose_gate_nobody_has_marked_leaves_the_photos_unlocated(phone: Phone, server: Server) -> None:
    photos = [photographed(phone, metres) for metres in (0, 50, -50)]
    assert flags_after(phone, photos, site_with(server, {})) == ["evidence-lacking"]


@pytest.mark.parametrize(
    "marked", [{}, {"gate_lon": 109.3}, {"gate_lon": "109.3", "gate_lat": 24}, {"gate_lon": True, "gate_lat": 2}]
)
def test_a_gate_of_another_form_is_no_gate(marked: dict[str, Any]) -> None:
    assert gate_of(Site(attributes=marked)) is None
    assert gate_of(None) is None


def test_the_roads_bearing_comes_along_where_it_is_known() -> None:
    found = gate_of(Site(attributes={**MARKED, "road_bearing_deg": 90}))
    assert found is not None
    assert found.bearing_deg == 90
