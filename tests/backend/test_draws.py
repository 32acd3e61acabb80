"""Double-random draws over HTTP and by command: frozen, kept, replayed, and refused with a reason."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from backend import clock
from backend.config import DrawRates, SettingInvalid, from_environment
from backend.jobs import work
from backend.models import Draw, Job, Site, Task, User
from backend.services import certificates, draw_tasks, draws, tasks
from sync.canonical import canonical
from tests.backend.records import CHENGZHONG, GUIGANG, LIUJIANG, NOON, Person, Records, new_id

URL = "/api/v1/draws"
PAGE = Path(__file__).parents[2] / "docs" / "draws.md"
CITY = {"area": "450200"}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


def officer(records: Records, *grants: str, days: int = 30) -> Person:
    """An inspector whose certificate ends so many days from now."""
    person, now = records.person("inspector", *grants), records._now()
    fields = {"number": new_id(), "issuer": "广西壮族自治区生态环境厅", "user_id": person.id}
    days_of = {"valid_from": (now - timedelta(days=365)).date(), "valid_to": (now + timedelta(days=days)).date()}
    certificates.create(records.session, person.actor, {**fields, **days_of}, now, new_id())
    records.session.commit()
    return person


def classed(records: Records, name: str, count: int, at: tuple[float, float] = LIUJIANG) -> list[Site]:
    return [records.site(at, attributes={"inspection_class": name}) for _ in range(count)]


def drawn(client, admin: Person, **asked: Any) -> dict[str, Any]:
    answer = client.post(URL, json={**CITY, **asked}, headers=admin.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


@pytest.mark.both_databases
def test_a_draw_is_kept_with_its_lists_and_replayed_bit_for_bit_though_the_world_has_changed(
    app, client, session, records
):
    admin, officers = records.person("admin"), [officer(records, "450200") for _ in range(3)]
    sites = classed(records, "key", 8) + classed(records, "special", 4, CHENGZHONG)
    made = drawn(client, admin)
    session.get(Site, sites[0].id).status = "closed"
    session.get(User, officers[0].id).active = False
    session.commit()
    kept = session.get(Draw, made["id"])
    replayed = app.test_cli_runner().invoke(args=["draws", "replay", made["id"]])
    assert (replayed.exit_code, replayed.stdout_bytes) == (0, kept.result)
    assert hashlib.sha256(kept.inputs).hexdigest() == made["inputs_sha256"]
    assert hashlib.sha256(kept.result).hexdigest() == made["result_sha256"]
    assert made["result"]["quotas"] == {"key": {"450206": 2}, "special": {"450202": 1}, "general": {}}
    assert (len(made["seed"]), made["seed_origin"]) == (64, "made")
    assert client.get(f"{URL}/{made['id']}", headers=admin.headers).json == made
    assert [each["id"] for each in client.get(URL, headers=admin.headers).json["items"]] == [made["id"]]
    assert made["id"] in app.test_cli_runner().invoke(args=["draws", "list"]).stdout


@pytest.mark.both_databases
def test_a_draw_that_is_read_names_its_sites_and_officers(client, records):
    officer(records, "450206")
    sites = classed(records, "key", 1)
    admin = records.person("admin")
    made = drawn(client, admin, officers_per_site=1)
    read = client.get(f"/api/v1/draws/{made['id']}", headers=admin.headers).json
    visit = read["result"]["visits"][0]
    assert read["names"][visit["site"]] == sites[0].name
    assert set(read["names"]) == {visit["site"], *visit["officers"]}


def test_a_kept_draw_can_neither_be_changed_nor_removed(client, session, records):
    officer(records, "450206")
    classed(records, "key", 1)
    made = drawn(client, records.person("admin"))
    for statement in ("UPDATE draw SET seed = 'x'", "DELETE FROM draw"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(f"{statement} WHERE id = :id"), {"id": made["id"]})
        session.rollback()


def test_a_replay_says_when_what_was_kept_is_not_what_was_drawn(app, client, session, records):
    officer(records, "450206")
    classed(records, "key", 4)
    made = drawn(client, records.person("admin"))
    true = session.get(Draw, made["id"])
    columns = {name: getattr(true, name) for name in Draw.__table__.columns.keys()}  # noqa: SIM118
    other = canonical({"visits": [], "quotas": {}})
    for n, forged in enumerate(
        (
            {"result": other, "result_sha256": hashlib.sha256(other).hexdigest()},
            {"inputs": true.inputs.replace(b"450206", b"450202")},
            {"algorithm": "another"},
        ),
        start=2,
    ):
        forgery = Draw(**{**columns, "id": new_id(), "round": n, "reason": "forged", **forged})
        session.add(forgery)
        session.commit()
        refused = app.test_cli_runner().invoke(args=["draws", "replay", forgery.id])
        assert refused.exit_code == 1
        assert draws.DrawNotReproduced.code in refused.stderr


def test_only_active_sites_of_the_area_and_inspectors_with_a_valid_certificate_are_on_the_lists(client, records):
    able = officer(records, "450206")
    officer(records, "450206", days=-1)
    records.person("inspector", "450206")
    inside = classed(records, "key", 1)[0]
    records.site(status="closed")
    records.site(GUIGANG)
    inputs = drawn(client, records.person("admin"))["inputs"]
    assert [one["id"] for one in inputs["officers"]] == [able.id]
    assert [(one["id"], one["class"], one["stratum"]) for one in inputs["sites"]] == [(inside.id, "key", "450206")]


def test_a_declared_conflict_keeps_an_officer_away_and_the_gap_is_shown(client, records):
    first, second = officer(records, "450206"), officer(records, "450206")
    site = classed(records, "key", 1)[0]
    made = drawn(client, records.person("admin"), conflicts=[{"user": first.id, "site": site.id}])
    expected = {"site": site.id, "class": "key", "officers": [second.id], "missing": 1}
    assert made["result"]["visits"] == [expected]
    assert made["inputs"]["barred"] == [[first.id, site.id]]


def test_a_quarter_is_drawn_again_only_with_a_reason_and_both_rounds_stay(client, records):
    admin = records.person("admin")
    officer(records, "450206")
    classed(records, "key", 4)
    first = drawn(client, admin, seed="公开摇号 17 04 29")
    again = client.post(URL, json=CITY, headers=admin.headers)
    assert (again.status_code, again.json["code"], again.json["field"]) == (422, "input-invalid", "reason")
    second = drawn(client, admin, seed=first["seed"], reason="漏报一名回避人员")
    assert [first["round"], second["round"]] == [1, 2]
    assert (second["seed_origin"], second["result"]) == ("given", first["result"])
    page = client.get(URL, query_string={"limit": 1}, headers=admin.headers).json
    rest = client.get(URL, query_string={"cursor": page["next_cursor"]}, headers=admin.headers).json
    assert [each["id"] for each in page["items"] + rest["items"]] == [second["id"], first["id"]]


def test_rates_come_from_the_settings_unless_the_draw_names_its_own(client, records):
    officer(records, "450206")
    classed(records, "key", 4)
    made = drawn(client, records.person("admin"), rates={"key": 100})
    assert made["inputs"]["rates"] == {"key": 100, "special": 15, "general": 5}
    assert len(made["result"]["visits"]) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"area": "999999"},
        {"area": "45\x000200"},
        {"rates": {"key": 101}},
        {"rates": {"key": 2.5}},
        {"seed": ""},
        {"seed": "\x00"},
        {"officers_per_site": 0},
        {"conflicts": [{"user": new_id(), "site": new_id()}]},
        {"area": "450800"},
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(client, session, records, wrong):
    officer(records, "450206")
    classed(records, "key", 1)
    answer = client.post(URL, json={**CITY, **wrong}, headers=records.person("admin").headers)
    assert answer.status_code == 422, answer.text
    assert session.query(Draw).count() == 0


def test_nobody_is_drawn_where_no_inspector_has_a_certificate_unless_that_is_lifted(client, records):
    admin, person = records.person("admin"), records.person("inspector", "450206")
    classed(records, "key", 1)
    assert client.post(URL, json=CITY, headers=admin.headers).status_code == 422
    made = drawn(client, admin, certificate_needed=False)
    assert made["result"]["visits"][0]["officers"] == [person.id]


def test_a_quarter_begins_at_midnight_in_china() -> None:
    eve = NOON.replace(month=12, day=31, hour=15, minute=59)
    assert [draws.quarter_of(eve), draws.quarter_of(eve + timedelta(minutes=1))] == ["2026Q4", "2027Q1"]


def test_an_unknown_draw_is_not_found(app, client, records):
    assert client.get(f"{URL}/{new_id()}", headers=records.person("admin").headers).status_code == 404
    assert app.test_cli_runner().invoke(args=["draws", "replay", new_id()]).exit_code == 1


def test_rates_of_the_environment_are_read_and_checked(tmp_path) -> None:
    env = {"BLUEGRID_DATA": str(tmp_path), "BLUEGRID_DRAW_KEY_PERCENT": "40"}
    assert from_environment(env).draw_rates == DrawRates(key=40, special=15, general=5)
    with pytest.raises(SettingInvalid, match="at most 100"):
        from_environment({**env, "BLUEGRID_DRAW_KEY_PERCENT": "101"})


def test_every_command_of_the_page_goes_well(app, client, records):
    officer(records, "450206")
    classed(records, "key", 4)
    made = drawn(client, records.person("admin"))
    commands = re.findall(r"^flask --app wsgi (draws .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        ended = app.test_cli_runner().invoke(args=command.replace("ID", made["id"]).split())
        assert ended.exit_code == 0, ended.output


def published(client, admin: Person, draw: dict[str, Any], **said: Any) -> Any:
    return client.post(f"{URL}/{draw['id']}/publish", json=said, headers=admin.headers)


def worked(app: Flask, session: Session) -> None:
    """Do what waits, until nothing does."""
    with app.app_context():
        while waiting := work.due():
            assert all(work.run(job_id) for job_id in waiting)
    session.rollback()


def tasks_of(session: Session, draw: dict[str, Any]) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.draw_id == draw["id"]).order_by(Task.site_id)))


@pytest.mark.both_databases
def test_a_published_draw_is_one_task_a_site_for_both_officers_and_still_replays(
    app, client, session, records, monkeypatch
):
    monkeypatch.setattr(draw_tasks, "A_COMMIT", 2)
    admin = records.person("admin")
    for _ in range(3):
        officer(records, "450206")
    classed(records, "key", 12)
    made = drawn(client, admin)
    answer = published(client, admin, made, checklist="dust", note="带执法记录仪")
    assert (answer.status_code, answer.json["tasks"], answer.json["visits"]) == (202, 0, 3)
    worked(app, session)
    given = {each.site_id: (set(tasks.people_of(each)), each.state) for each in tasks_of(session, made)}
    assert given == {visit["site"]: (set(visit["officers"]), "taken") for visit in made["result"]["visits"]}
    one = tasks_of(session, made)[0]
    assert (one.title, one.checklist, one.cell_code) == (
        "双随机抽查 2026Q4：拉堡安置房项目", "dust", session.get(Site, one.site_id).cell_code,
    )  # fmt: skip
    assert one.due_at.isoformat() == "2026-12-31T15:59:59+00:00"
    assert tasks.scopes_of(one) == {f"user:{user}" for user in tasks.people_of(one)}
    assert tasks.document(session, one)["source"] == {"type": "draw", "id": made["id"]}
    assert published(client, admin, made, note="又一次").json["tasks"] == 3
    worked(app, session)
    with app.app_context():  # a host that was asked as well
        assert draw_tasks.make_some(session, made["id"], clock.now()) == 0
        session.commit()
    assert len(tasks_of(session, made)) == 3
    shown = client.get(f"{URL}/{made['id']}", headers=admin.headers).json["publication"]
    assert (shown["visits"], shown["tasks"], shown["by"]) == (3, 3, admin.id)
    replayed = app.test_cli_runner().invoke(args=["draws", "replay", made["id"]])
    assert (replayed.exit_code, replayed.stdout_bytes) == (0, session.get(Draw, made["id"]).result)


def test_a_later_round_calls_off_what_is_open_of_the_earlier_one(app, client, session, records):
    admin = records.person("admin")
    officer(records, "450206")
    classed(records, "key", 4)
    first = drawn(client, admin)
    published(client, admin, first)
    worked(app, session)
    second = drawn(client, admin, reason="漏报一名回避人员")
    overtaken = drawn(client, admin, reason="再漏一名")
    refused = published(client, admin, second)
    assert (refused.status_code, refused.json["code"]) == (409, "draw-overtaken")
    published(client, admin, overtaken)
    worked(app, session)
    assert [each.state for each in tasks_of(session, first)] == ["cancelled"]
    assert [each.state for each in tasks_of(session, overtaken)] == ["taken"]
    assert tasks_of(session, second) == []


def test_a_visit_without_officers_is_with_whoever_published(app, client, session, records):
    admin, alone = records.person("admin"), officer(records, "450206")
    site = classed(records, "key", 1)[0]
    made = drawn(client, admin, conflicts=[{"user": alone.id, "site": site.id}])
    published(client, admin, made)
    worked(app, session)
    (task,) = tasks_of(session, made)
    assert tasks.people_of(task) == [admin.id]
    sent = client.put(f"/api/v1/tasks/{task.id}/assignee", json={"assignee": alone.id}, headers=admin.headers)
    assert sent.json["assignee"]["id"] == alone.id


def test_nobody_is_sent_by_a_draw_that_does_not_replay_or_after_its_quarter(client, session, records):
    admin = records.person("admin")
    officer(records, "450206")
    classed(records, "key", 4)
    made = drawn(client, admin)
    past = published(client, admin, made, due_at="2026-11-01T00:00:00+08:00")
    assert (past.status_code, past.json["field"]) == (422, "due_at")
    true = session.get(Draw, made["id"])
    columns = {name: getattr(true, name) for name in Draw.__table__.columns.keys()}  # noqa: SIM118
    # Another seed may draw the same by chance; another result is none that the seed gives.
    other = {"result": b"{}", "result_sha256": hashlib.sha256(b"{}").hexdigest()}
    session.add(Draw(**{**columns, "id": new_id(), "round": 2, "reason": "forged", **other}))
    session.commit()
    forged = session.scalars(select(Draw).where(Draw.round == 2)).one()
    answer = published(client, admin, {"id": forged.id})
    assert (answer.status_code, answer.json["code"]) == (422, "draw-not-reproduced")
    assert session.scalars(select(Job).where(Job.kind == draw_tasks.JOB)).all() == []


def test_quarters_end_at_midnight_in_china() -> None:
    assert [draw_tasks.end_of(quarter).isoformat() for quarter in ("2026Q1", "2026Q4")] == [
        "2026-03-31T23:59:59+08:00",
        "2026-12-31T23:59:59+08:00",
    ]
