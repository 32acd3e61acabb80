"""Grid versions: staged, compared, put into force; rows placed anew by their time while phones go on pushing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from backend import clock
from backend.jobs import kinds
from backend.models import AuditEvent, Finding, FindingCell, GridVersion, ZoneSet
from backend.services import accounts, cells, grids, placing, replacing, zones
from backend.services.actor import Actor
from backend.services.grids import GridNotReady, GridRefused, Reading
from backend.transactions import reading, writing
from geo.errors import GeoError
from tests.backend import redrawn
from tests.backend.redrawn import BAIPENG, COUNTY, LABAO
from tests.stories import IN_LIUJIANG, Phone, Server, new_id

pytestmark = pytest.mark.both_databases
AS_DECLARED = Reading("CGCS2000")


class Survey:
    """The office's surveyor, who stages and activates."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        server.person("li", "admin", ("450000",))

    def actor(self, session: Any) -> Actor:
        return accounts.actor_of(accounts.by_name(session, "li"))

    def stage(self, file: Path, how: Reading = AS_DECLARED) -> str:
        with self.server.app.app_context(), writing() as session:
            now = self.server.time.now()
            return grids.stage(session, self.actor(session), new_id(), now, file, file.name, how).id

    def redraw(self, **how: Any) -> str:
        return self.stage(redrawn.write(self.folder / f"{new_id()}.geojson", redrawn.townships(**how)))

    def activate(self, version: str, since: datetime | None = None) -> int:
        with self.server.app.app_context(), writing() as session:
            now = self.server.time.now()
            return grids.activate(session, self.actor(session), version, since, now, new_id).n

    def replace(self) -> dict[str, Any]:
        """What the job does."""
        with self.server.app.app_context():
            return kinds.replace_cells(lambda: None)

    def ask(self, question: Callable[[Any], Any]) -> Any:
        with self.server.app.app_context(), reading() as session:
            return question(session)

    def first_version(self) -> str:
        return self.ask(lambda session: session.scalar(select(GridVersion.id).order_by(GridVersion.staged_at).limit(1)))


@pytest.fixture
def survey(server: Server, tmp_path: Path) -> Survey:
    return Survey(server, tmp_path)


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei", grants=(COUNTY,))


def cell_of(server: Server, finding: str) -> str | None:
    found = server.finding(finding)
    assert found is not None
    return found.cell_code


def reported(phone: Phone, **args: Any) -> str:
    finding = phone.report(**args)
    assert phone.sync().quiet
    return finding


# staging -----------------------------------------------------------------------------------------------------------
def test_a_staged_version_changes_nothing_until_it_is_activated(server: Server, survey: Survey, wei: Phone) -> None:
    finding = reported(wei)
    version = survey.redraw()
    assert cell_of(server, finding) == LABAO
    told = survey.ask(lambda session: grids.changes(session, version, None))
    assert {each["code"] for each in told["moved"]} == {LABAO, BAIPENG}
    assert (told["added"], told["removed"], told["moved_findings"]) == ([], [], 1)
    assert {each["properties"]["id"] for each in told["map"]["features"]} == {LABAO, BAIPENG}
    assert told["moves"] == [{"from": LABAO, "to": BAIPENG, "findings": 1}]


def test_the_same_cells_are_one_version(survey: Survey) -> None:
    assert survey.redraw() == survey.redraw()


@pytest.mark.parametrize("datum", [None, "WGS-72"])
def test_without_a_datum_that_is_known_nothing_is_read(survey: Survey, datum: str | None) -> None:
    file = redrawn.write(survey.folder / "cells.geojson", redrawn.townships())
    with pytest.raises(GeoError, match="datum"):
        survey.stage(file, Reading(datum))


def test_a_file_with_a_fault_stages_nothing_and_names_each(survey: Survey) -> None:
    cells_ = redrawn.townships()
    bow = shapely.Polygon([(109.2, 24.2), (109.4, 24.3), (109.4, 24.2), (109.2, 24.3)])
    broken = [(code, name, bow if code == BAIPENG else shape) for code, name, shape in cells_]
    before = survey.ask(lambda session: session.scalar(select(func.count()).select_from(GridVersion)))
    with pytest.raises(GridRefused) as refused:
        survey.stage(redrawn.write(survey.folder / "cells.geojson", broken))
    report: Any = refused.value.extras["report"]
    assert "ring-crosses-itself" in {fault["code"] for fault in report["error_list"]}
    assert survey.ask(lambda session: session.scalar(select(func.count()).select_from(GridVersion))) == before


def test_two_cells_that_claim_one_ground_are_refused(survey: Survey) -> None:
    cells_ = redrawn.townships()
    labao = next(shape for code, _, shape in cells_ if code == LABAO)
    doubled = [(code, name, labao if code == BAIPENG else shape) for code, name, shape in cells_]
    with pytest.raises(GridRefused) as refused:
        survey.stage(redrawn.write(survey.folder / "cells.geojson", doubled))
    report: Any = refused.value.extras["report"]
    assert "ground-claimed-twice" in {fault["code"] for fault in report["error_list"]}
    first = report["map"]["features"][0]["properties"]
    assert (first["change"], first["id"]) == ("sent", LABAO)


def test_a_datum_that_is_declared_wrongly_is_pointed_out(survey: Survey) -> None:
    found = survey.ask(
        lambda session: grids.look(
            session, redrawn.write(survey.folder / "cells.geojson", redrawn.townships()), Reading("GCJ02")
        )
    )
    assert "datum-doubtful" in {fault.code for fault in found.warnings}


# activating --------------------------------------------------------------------------------------------------------
def test_findings_move_and_devices_hear_of_it(server: Server, survey: Survey, wei: Phone) -> None:
    north, south = server.phone("bei", grants=(LABAO,)), server.phone("nan", grants=(BAIPENG,))
    finding = reported(wei)
    wei.device.record("finding.comment", finding, {"text": "北侧", "photos": []})
    assert wei.sync().quiet
    north.sync(), south.sync()
    assert (north.device.mirror.row("finding", finding) is None, south.device.mirror.row("finding", finding)) == (
        False, None,
    )  # fmt: skip
    survey.activate(survey.redraw(), datetime.fromisoformat("2026-01-01T00:00:00+08:00"))
    assert cell_of(server, finding) == LABAO  # rows are moved afterwards
    assert survey.replace() == {"looked_at": 1, "moved": 1}
    assert cell_of(server, finding) == BAIPENG
    for phone in (north, south, wei):
        report = phone.sync()
        assert (report.quiet, report.resynced) == (True, [])
    assert north.device.mirror.row("finding", finding) is None
    assert list(north.device.mirror.rows("comment")) == []
    row = south.device.mirror.row("finding", finding)
    assert row is not None
    assert [cell["code"] for cell in row["cells"] if cell["scheme"] == "admin"] == [BAIPENG]
    assert len(list(south.device.mirror.rows("comment"))) == 1
    assert wei.device.mirror.row("finding", finding) is not None


def test_a_finding_is_placed_by_the_version_of_its_own_time(server: Server, survey: Survey, wei: Phone) -> None:
    old = reported(wei)
    server.time.pass_by(days=2)
    since = server.time.now() - timedelta(days=1)
    survey.activate(survey.redraw(), since)
    late = reported(wei, found_at=(since - timedelta(hours=5)).isoformat())
    new = reported(wei)
    survey.replace()
    assert [cell_of(server, one) for one in (old, late, new)] == [LABAO, LABAO, BAIPENG]


def test_where_it_lay_before_stays_in_its_history(
    server: Server, survey: Survey, wei: Phone, client: FlaskClient
) -> None:
    finding, first = reported(wei), survey.first_version()
    survey.activate(survey.redraw(), server.time.now() - timedelta(days=1))
    survey.replace()
    detail = client.get(f"/api/v1/findings/{finding}", headers=server.token("boss", "admin")).json
    (former,) = detail["former_cells"]
    assert (former["code"], former["moved_to"], former["version"], former["confidence"]) == (LABAO, BAIPENG, first, 1.0)
    assert former["name"] == "拉堡镇"


def test_going_back_is_activating_the_older_version_again(server: Server, survey: Survey, wei: Phone) -> None:
    first, finding = survey.first_version(), reported(wei)
    since = server.time.now() - timedelta(days=1)
    survey.activate(survey.redraw(), since)
    survey.replace()
    survey.activate(first, since)
    survey.replace()
    assert cell_of(server, finding) == LABAO
    former = survey.ask(lambda session: replacing.former(session, "finding", finding))
    assert [(each["code"], each["moved_to"]) for each in former] == [(LABAO, BAIPENG), (BAIPENG, LABAO)]


def test_a_version_that_holds_is_not_activated_again_nor_one_whose_day_has_not_come(
    server: Server, survey: Survey
) -> None:
    with pytest.raises(GridNotReady):
        survey.activate(survey.first_version())
    with pytest.raises(GridNotReady):
        survey.activate(survey.redraw(), server.time.now() + timedelta(days=1))


def test_a_finding_in_a_cell_that_was_dissolved_stays_in_its_countys_view(
    server: Server, survey: Survey, wei: Phone, client: FlaskClient
) -> None:
    finding = reported(wei, position={**IN_LIUJIANG, "lon": 109.33, "lat": 24.10})
    assert cell_of(server, finding) == BAIPENG
    server.time.pass_by(days=1)
    survey.activate(survey.redraw(north=24.19, without=BAIPENG))
    survey.replace()
    assert cell_of(server, finding) == BAIPENG  # by the grid of its time
    token = server.token("boss", "supervisor", (COUNTY,))
    assert [each["id"] for each in client.get("/api/v1/findings", headers=token).json["items"]] == [finding]
    answer = client.get(f"/api/v1/findings?cell={BAIPENG}", headers=token)
    assert [each["id"] for each in answer.json["items"]] == [finding]
    assert client.get(f"/api/v1/findings/{finding}", headers=token).json["cells"][0]["name"] == "百朋镇"
    new = reported(wei, position={**IN_LIUJIANG, "lon": 109.33, "lat": 24.10})
    assert cell_of(server, new) == LABAO


def test_a_cell_that_a_person_decided_stays_while_it_lives_on(server: Server, survey: Survey, wei: Phone) -> None:
    kept, freed = reported(wei), reported(wei)
    with server.app.app_context(), writing() as session:
        for finding, code in ((kept, LABAO), (freed, "450206999")):
            session.execute(update(Finding).where(Finding.id == finding).values(cell_code=code))
            admin = FindingCell.finding_id == finding, FindingCell.scheme == "admin"
            session.execute(update(FindingCell).where(*admin).values(code=code, method=placing.DECIDED))
    survey.activate(survey.redraw(), server.time.now() - timedelta(days=1))
    survey.replace()
    assert (cell_of(server, kept), cell_of(server, freed)) == (LABAO, BAIPENG)


def test_sites_inspections_and_fire_points_are_placed_anew_too(server: Server, survey: Survey, wei: Phone) -> None:
    site = new_id()
    wei.device.record("site.propose", site, {"name": "工地", "kind": "construction", "position": dict(IN_LIUJIANG)})
    assert wei.sync().quiet
    assert wei.last_result()["status"] == "applied", wei.last_result()
    survey.activate(survey.redraw())
    survey.replace()
    row = wei.sync() and wei.device.mirror.row("site", site)
    assert row is not None
    assert row["cell"] == BAIPENG


# while phones go on ------------------------------------------------------------------------------------------------
def test_a_run_that_is_cut_off_goes_on_where_it_was(server: Server, survey: Survey, wei: Phone) -> None:
    for _ in range(5):
        wei.report()
    assert wei.sync().quiet
    survey.activate(survey.redraw(), server.time.now() - timedelta(days=1))
    with server.app.app_context(), writing() as session:
        assert replacing.some(session, clock.now(), 2) == {"looked_at": 2, "moved": 2}
    assert survey.ask(replacing.waiting)["finding"] == 3
    new = reported(wei)  # a phone pushes in between, and is placed by what holds now
    assert survey.replace() == {"looked_at": 3, "moved": 3}
    assert {cell_of(server, one) for one in (*server.findings(), new)} == {BAIPENG}
    assert survey.replace() == {"looked_at": 0, "moved": 0}


def test_what_a_killed_commit_had_done_is_undone_and_done_again(server: Server, survey: Survey, wei: Phone) -> None:
    finding = reported(wei)
    survey.activate(survey.redraw(), server.time.now() - timedelta(days=1))
    with server.app.app_context(), suppress(ZeroDivisionError), writing() as session:
        replacing.some(session, clock.now())
        raise ZeroDivisionError
    assert cell_of(server, finding) == LABAO
    assert survey.replace() == {"looked_at": 1, "moved": 1}


@pytest.fixture
def activated_before_the_lock(server: Server, survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A grid is put into force after a push has prepared its ops and before it has the counter."""
    from backend import sync_store

    version, since = survey.redraw(), server.time.now() - timedelta(days=1)
    lock, done = sync_store.SqlStore.lock_counter, []

    def late(self: Any) -> None:
        if not done:
            done.append(True)
            lock(self)  # as the activation would: both hold the counter one after the other
            found = self.session.get_one(GridVersion, version)
            grids._begin(self.session, found, since, None, self.now)
            return
        lock(self)

    monkeypatch.setattr(sync_store.SqlStore, "lock_counter", late)
    return


@pytest.mark.usefixtures("activated_before_the_lock")
def test_what_was_placed_before_a_grid_came_into_force_is_placed_again_under_the_lock(
    server: Server, survey: Survey, wei: Phone
) -> None:
    finding = reported(wei)
    assert cell_of(server, finding) == BAIPENG
    assert survey.replace() == {"looked_at": 0, "moved": 0}


# zones, levels, doors ----------------------------------------------------------------------------------------------
def test_zones_that_are_drawn_by_units_follow_the_grid(server: Server, survey: Survey) -> None:
    text = f"""
city: "450200"
datum: CGCS2000
documents:
  sample: {{number: 试1号, title: 试, issued: 2026-01-01, origin: a test, confidence: read}}
zones:
  - id: labao-no-burn
    name: 拉堡镇禁烧
    kind: no-burn
    document: sample
    basis: the town as a whole
    valid: {{from: 2026-01-01}}
    area: {{units: ["{LABAO}"]}}
"""
    with server.app.app_context(), writing() as session:
        set_id = zones.check(session, None, new_id(), server.time.now(), "z.yaml", text.encode()).id
        report = session.get_one(ZoneSet, set_id).report
        assert report["faults"] == 0, report
        zones.activate(session, None, set_id, server.time.now())
    survey.activate(survey.redraw())
    (active,) = survey.ask(lambda session: [(one.id, one.body) for one in zones.active(session)])
    assert active[0] != set_id
    event = survey.ask(
        lambda session: session.scalar(select(AuditEvent.details).where(AuditEvent.action == "grid.activate"))
    )
    assert event["zones_redrawn"] == [active[0]]


def test_hamlets_below_villages_are_levels_of_a_version(server: Server, survey: Survey) -> None:
    cells_ = [(code + "001001", f"{name}一屯", shape) for code, name, shape in redrawn.townships()]
    villages = [(code + "001", f"{name}一村", shape) for code, name, shape in redrawn.townships()]
    file = redrawn.write(survey.folder / "hamlets.geojson", [*villages, *cells_])
    text = file.read_text("utf-8").replace(f'"parent": "{COUNTY}"', '"parent": null')
    file.write_text(text, "utf-8")
    version = survey.stage(file, Reading("CGCS2000", "district-town-village-hamlet"))
    levels = survey.ask(lambda session: session.get_one(GridVersion, version).levels)
    assert levels[-1] == "hamlet"
    survey.activate(version)
    at = survey.ask(lambda session: cells.locate(109.33, 24.255, 5.0).code)
    assert at == f"{BAIPENG}001001"


def test_an_admin_does_it_over_http(server: Server, survey: Survey, wei: Phone, client: FlaskClient) -> None:
    finding = reported(wei)
    file = redrawn.write(survey.folder / "乡镇.geojson", redrawn.townships())
    token = server.token("boss", "admin")

    def send(**form: str) -> Any:
        with file.open("rb") as opened:
            return client.post("/api/v1/cells/versions", headers=token, data={"file": (opened, file.name), **form})

    assert (send().status_code, send().json["code"]) == (422, "datum-missing")
    staged = send(datum="CGCS2000")
    assert (staged.status_code, staged.json["status"]) == (201, "staged")
    path = f"/api/v1/cells/versions/{staged.json['id']}"
    assert client.get(f"{path}/changes", headers=token).json["moved_findings"] == 1
    since = (server.time.now() - timedelta(days=1)).isoformat()
    begun = client.post(f"{path}/activate", headers=token, json={"valid_from": since})
    assert (begun.status_code, begun.json["status"], begun.json["waiting"]["finding"]) == (200, "active", 1)
    again = client.post(f"{path}/activate", headers=token, json={})
    assert (again.status_code, again.json["code"]) == (409, "grid-not-ready")
    survey.replace()
    assert client.get(path, headers=token).json["waiting"]["finding"] == 0
    assert cell_of(server, finding) == BAIPENG
    below = client.get(f"/api/v1/cells?below={COUNTY}", headers=token).json["items"]
    assert LABAO in [each["code"] for each in below]
    assert client.get("/api/v1/cells?below=999", headers=token).json["code"] == "cell-unknown"
    assert sorted(each["status"] for each in client.get("/api/v1/cells/versions", headers=token).json) == [
        "active",
        "retired",
    ]


def test_a_file_with_faults_is_answered_with_its_report(server: Server, survey: Survey, client: FlaskClient) -> None:
    file = survey.folder / "cells.geojson"
    file.write_text("not a map", "utf-8")
    with file.open("rb") as opened:
        data = {"file": (opened, file.name), "datum": "CGCS2000"}
        answer = client.post("/api/v1/cells/versions", headers=server.token("boss", "admin"), data=data)
    assert (answer.status_code, answer.json["code"]) == (422, "grid-refused")
    assert answer.json["report"]["errors"] == 1
