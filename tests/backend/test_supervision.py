"""Overdue findings: the ladder is proposed rung by rung, and a person decides on each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.models import Supervision
from backend.services.supervision_ladder import LADDERS, next_rung
from tests.backend.desks import Desk, House
from tests.stories import new_id


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    """The grid supervisor."""
    return house.desk("luo")


@pytest.fixture
def housing(house, boss):
    return house.office(boss)


@pytest.fixture
def qin(house, housing):
    """Somebody of the housing office."""
    return house.desk("qin", "handler", (), housing)


@pytest.fixture
def finding(server, luo, housing, qin, time):
    """A moderate finding that the housing office has, due in two hours."""
    phone = server.phone("wei")
    found = str(phone.report())
    assert phone.sync().quiet
    due = (time.now() + timedelta(hours=2)).isoformat()
    luo.walk(found, "submitted", "verified", "registered", "dispatched", office=housing, due_at=due)
    qin.walk(found, "dispatched", "rectifying")
    return found


def proposals(desk: Desk, **filters: str) -> list[Any]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = desk.get(f"/supervision?{query}")
    assert answer.status_code == 200, answer.json
    items: list[Any] = answer.json["items"]
    return items


def open_one(house: House, luo: Desk) -> str:
    """The first proposal, made after the term and its wait are over; returns its id."""
    house.later(days=3)
    assert house.run("propose-supervision") == {"proposed": 1}
    (found,) = proposals(luo, state="proposed")
    return str(found["id"])


@pytest.mark.both_databases
def test_each_rung_waits_for_the_decision_on_the_one_before(house, luo, finding):
    assert house.run("propose-supervision") == {"proposed": 0}
    house.later(hours=3)  # late, but the first wait is not over
    assert house.run("propose-supervision") == {"proposed": 0}
    first = open_one(house, luo)
    house.later(days=30)
    assert house.run("propose-supervision") == {"proposed": 0}
    issued = luo.send("POST", f"/supervision/{first}/issue", signer="覃主任").json
    assert (issued["level"], issued["state"], issued["number"]) == ("reminder", "issued", "LZ-TX-2026-0001")
    assert house.run("propose-supervision") == {"proposed": 0}
    house.later(days=10)
    assert house.run("propose-supervision") == {"proposed": 1}
    (second,) = proposals(luo, state="proposed")
    assert (second["level"], second["late_days"] > 40) == ("urging", True)
    said = luo.send("POST", f"/supervision/{second['id']}/dismiss", reason="已现场督促").json
    assert (said["state"], said["reason"], said["number"]) == ("dismissed", "已现场督促", None)
    house.later(days=10)
    assert house.run("propose-supervision") == {"proposed": 1}
    (third,) = proposals(luo, state="proposed")
    letter = luo.send("POST", f"/supervision/{third['id']}/issue", signer="覃主任").json
    assert (letter["level"], letter["number"]) == ("letter", "LZ-DB-2027-0001")
    house.later(days=60)
    assert house.run("propose-supervision") == {"proposed": 0}
    steps = luo.get(f"/findings/{finding}").json["steps"][-2:]
    assert [(step["action"], step["details"]["number"]) for step in steps] == [
        ("remind", "LZ-TX-2026-0001"),
        ("supervise", "LZ-DB-2027-0001"),
    ]


def test_of_two_supervisors_one_decides_and_the_other_hears_of_it(house, luo, finding):
    mo, proposal = house.desk("mo"), open_one(house, luo)
    assert luo.send("POST", f"/supervision/{proposal}/issue", signer="覃主任").status_code == 200
    for answer in (
        mo.send("POST", f"/supervision/{proposal}/issue", signer="莫主任"),
        mo.send("POST", f"/supervision/{proposal}/dismiss", reason="重复"),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "supervision-decided")
        assert (answer.json["state"], answer.json["decided_by"]["id"]) == ("issued", luo.user_id)
    assert [each["signer"] for each in proposals(luo)] == ["覃主任"]


def test_a_reply_more_time_or_parking_lets_the_open_proposal_lapse(house, luo, qin, finding, time):
    first = open_one(house, luo)
    until = (time.now() + timedelta(days=5)).isoformat()
    assert qin.send("POST", f"/findings/{finding}/extension", due_at=until, note="材料未到").status_code == 200
    assert luo.get(f"/supervision/{first}").json["state"] == "proposed"
    assert luo.send("PUT", f"/findings/{finding}/extension", due_at=until).status_code == 200
    gone = luo.get(f"/supervision/{first}").json
    assert (gone["state"], gone["reason"]) == ("lapsed", "extended")
    assert house.run("propose-supervision") == {"proposed": 0}
    house.later(days=9)
    assert house.run("propose-supervision") == {"proposed": 1}  # a new term begins a new ladder
    later = (time.now() + timedelta(days=30)).isoformat()
    assert qin.send("POST", f"/findings/{finding}/parking", due_at=later, note="停工").status_code == 200
    house.later(days=20)
    assert house.run("propose-supervision") == {"proposed": 0}  # what is parked is not late
    house.later(days=20)
    assert house.run("propose-supervision") == {"proposed": 1}
    qin.walk(finding, "rectifying", "feedback")
    assert [(each["level"], each["state"], each["reason"]) for each in proposals(luo)] == [
        ("reminder", "lapsed", "replied"),
        ("reminder", "lapsed", "parked"),
        ("reminder", "lapsed", "extended"),
    ]
    answer = luo.send("POST", f"/supervision/{first}/issue", signer="覃主任")
    assert (answer.status_code, answer.json["state"]) == (409, "lapsed")


def test_the_list_is_narrowed_and_shows_nothing_of_other_areas(house, luo, boss, housing, finding):
    proposal = open_one(house, luo)
    other = house.desk("liang", grants=("450202",))
    assert proposals(other) == []
    assert other.get(f"/supervision/{proposal}").status_code == 404
    assert other.send("POST", f"/supervision/{proposal}/issue", signer="梁").status_code == 404
    for filters, shown in (
        ({"cell": "450206"}, 1), ({"cell": "450202"}, 0), ({"office": housing}, 1), ({"office": new_id()}, 0),
        ({"level": "reminder"}, 1), ({"level": "letter"}, 0), ({"state": "issued"}, 0), ({"finding": finding}, 1),
    ):  # fmt: skip
        assert len(proposals(boss, **filters)) == shown, filters
    assert boss.get("/supervision?cell=nowhere").json["code"] == "filter-invalid"
    assert boss.get("/supervision?level=shouting").status_code == 422


def test_a_decision_without_a_name_or_a_reason_is_refused(house, luo, finding):
    proposal = open_one(house, luo)
    for action, body, code in (
        ("issue", {}, "input-invalid"), ("issue", {"signer": "  "}, "input-invalid"),
        ("issue", {"signer": "a\0"}, "text-invalid"), ("dismiss", {}, "input-invalid"),
        ("dismiss", {"reason": " "}, "note-missing"),
    ):  # fmt: skip
        answer = luo.send("POST", f"/supervision/{proposal}/{action}", **body)
        assert (answer.status_code, answer.json["code"]) == (422, code), (action, body)
    assert luo.get(f"/supervision/{proposal}").json["state"] == "proposed"


@pytest.mark.both_databases
def test_the_database_holds_one_open_proposal_a_finding_and_keeps_what_was_decided(house, luo, finding, session):
    proposal = open_one(house, luo)
    luo_s = session.get_one(Supervision, proposal)
    session.add(
        Supervision(
            id=new_id(),
            finding_id=finding,
            hop_id=luo_s.hop_id,
            level="letter",
            state="proposed",
            due_at=luo_s.due_at,
            proposed_at=luo_s.proposed_at,
        )
    )
    with pytest.raises(DBAPIError):
        session.flush()
    session.rollback()
    assert luo.send("POST", f"/supervision/{proposal}/issue", signer="覃主任").status_code == 200
    for statement in ("UPDATE supervision SET signer = 'x'", "DELETE FROM supervision"):
        with pytest.raises(DBAPIError):
            session.execute(text(statement))
        session.rollback()


def test_the_office_is_told_when_a_proposal_is_issued_and_supervisors_when_it_is_made(house, luo, qin, finding):
    proposal = open_one(house, luo)
    (told,) = luo.told("overdue-proposed")
    assert "提醒" in told["text"]["zh-CN"]
    assert qin.told("overdue-proposed", "overdue-issued") == []
    luo.send("POST", f"/supervision/{proposal}/issue", signer="覃主任")
    (heard,) = qin.told("overdue-issued")
    assert "LZ-TX-2026-0001" in heard["text"]["en"]
    assert "覃主任" not in str(heard)


@pytest.mark.parametrize("severity", sorted(LADDERS))
def test_no_rung_comes_before_its_own_wait(severity, time):
    done: list[Any] = []
    start = time.now()
    for rung in LADDERS[severity]:
        found = next_rung(severity, done, start)
        assert found is not None
        assert (found[0], found[1] > start) == (rung, True)
        assert next_rung(severity, [*done, (rung.level, None)], start) is None
        start = found[1]
        done.append((rung.level, start))
    assert next_rung(severity, done, start) is None
