"""Rating plates: rules over facts, kept with reasons and history; and the 100 % rates that green rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.jobs import kinds
from backend.services import hundreds, plate_rules
from backend.services.plate_rules import PlateRulesInvalid
from checklists import library
from tests.backend.counted import NOON, Reader, Register
from tests.backend.records import Records
from tests.stories import FakeTime

both = pytest.mark.both_databases
(HOUSE,) = plate_rules.schemes()
SIX = next(each for each in hundreds.sets() if each["code"] == "six-liujiang")["items"]
CLEAN: dict[str, int | bool | None] = {
    "open": 0, "open_serious": 0, "overdue": 0, "overdue_serious": 0, "relapses": 0, "clear_days": 30, "holds": True,
    "inspected_days_ago": 1,
}  # fmt: skip
RULES = """
- {code: guigang, area: ['450206'], site_kinds: [construction], relapse_days: 30, red: [], yellow: [],
   green: [{code: quiet, zh: 无超期, en: nothing overdue, when: [{fact: overdue, op: lte, value: 0}]}]}
"""


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def register(records: Records) -> Register:
    return Register(records)


@pytest.fixture
def boss(records: Records, client: FlaskClient) -> Reader:
    return Reader(client, records.person("admin"))


@pytest.fixture
def hour(app: Flask, session: Session) -> Callable[[], Any]:
    """The hourly job, done once."""

    def hour() -> Any:
        session.rollback()
        with app.app_context():
            return kinds.LONG["judge-plates"](lambda: None)

    return hour


def inspected(register: Register, site: Any, results: dict[str, Any], **said: Any) -> None:
    """An inspection by Liujiang's checklist: each item with its result, a number for a rate."""
    answers = [
        {"item": item, "result": "pass" if isinstance(result, int) else result,
         "value": result if isinstance(result, int) else None}
        for item, result in results.items()
    ]  # fmt: skip
    version = register.records.checklist("dust-liujiang")
    register.records.inspection(register.author, version, site_id=site.id, answers=answers, **said)


@pytest.mark.parametrize(
    ("facts", "plate", "reasons"),
    [
        ({}, "green", ("all-hold", "clear-month", "seen-lately")),
        ({"open": 1, "clear_days": 0}, "yellow", ("open-finding",)),
        ({"open": 1, "clear_days": 0, "overdue": 1, "overdue_serious": 1}, "red", ("overdue-serious",)),
        ({"relapses": 2}, "red", ("second-relapse",)),
        ({"relapses": 1}, "green", ("all-hold", "clear-month", "seen-lately")),
        ({"clear_days": 29}, "none", ("clear-month",)),
        ({"holds": None, "inspected_days_ago": None}, "none", ("all-hold", "seen-lately")),
    ],
)
def test_the_house_rules_give_a_plate_and_say_why(
    facts: dict[str, int | bool | None], plate: str, reasons: tuple[str, ...]
) -> None:
    assert plate_rules.judge(HOUSE, {**CLEAN, **facts}) == plate_rules.Judgement(plate, reasons)


@given(st.fixed_dictionaries({**dict.fromkeys(plate_rules.NUMBERS, st.integers(0, 100)), "holds": st.booleans()}))
def test_a_further_overdue_serious_finding_never_betters_a_plate(facts: dict[str, int | bool | None]) -> None:
    order = ("red", "yellow", "none", "green")
    worse = {**facts, **{name: int(facts[name] or 0) + 1 for name in ("open", "overdue", "overdue_serious")}}
    assert order.index(plate_rules.judge(HOUSE, worse).plate) <= order.index(plate_rules.judge(HOUSE, facts).plate)


@both
def test_a_site_goes_from_yellow_to_red_to_green_and_its_history_tells(
    register: Register, boss: Reader, hour: Callable[[], Any], time: FakeTime, session: Session
) -> None:
    site = register.records.site()
    register.finding("rectifying", severity="serious", site_id=site.id)
    hour()
    assert boss.get(f"sites/{site.id}/plate").json["plate"] == "yellow"
    time.at = NOON + timedelta(days=4)
    boss.person = register.records.person("admin")
    assert hour() == {"changed": 1}
    assert hour() == {"changed": 0}
    told = boss.get(f"sites/{site.id}/plate").json
    assert (told["plate"], [each["zh"] for each in told["reasons"]]) == ("red", ["有严重问题超期未整改"])
    session.execute(text("UPDATE finding SET state = 'closed'"))
    session.execute(text("UPDATE finding_case SET closed_at = rectified_at"))
    session.commit()
    time.at = NOON + timedelta(days=40)
    boss.person = register.records.person("admin")
    inspected(register, site, dict.fromkeys(SIX, 100), finished_at=time.now())
    hour()
    told = boss.get(f"sites/{site.id}/plate").json
    assert told["plate"] == "green"
    assert [(each["from"], each["to"]) for each in told["history"]] == [
        ("red", "green"), ("yellow", "red"), (None, "yellow"),
    ]  # fmt: skip
    assert told["history"][1]["reasons"][0]["code"] == "overdue-serious"
    assert boss.get("sites", plate="green").json["items"][0]["id"] == site.id
    assert [each["site"]["id"] for each in boss.get("plates", plate="green").json["items"]] == [site.id]
    assert boss.get("plates", plate="red").json["items"] == []


@both
def test_the_history_of_plates_cannot_be_rewritten(
    register: Register, hour: Callable[[], Any], session: Session
) -> None:
    register.records.site()
    hour()
    for statement in ("UPDATE site_plate_change SET after = 'green'", "DELETE FROM site_plate_change"):
        with pytest.raises(DBAPIError):
            session.execute(text(statement))
        session.rollback()


def test_judged_at_once_is_judged_as_by_the_hour(register: Register, boss: Reader, hour: Callable[[], Any]) -> None:
    site = register.records.site()
    assert boss.get(f"sites/{site.id}/plate").status_code == 404
    at_once = boss.client.post(f"/api/v1/sites/{site.id}/plate", headers=boss.person.headers)
    assert at_once.status_code == 200
    hour()
    assert boss.get(f"sites/{site.id}/plate").json == at_once.json
    elsewhere = register.records.person("supervisor", "450202")
    assert boss.client.post(f"/api/v1/sites/{site.id}/plate", headers=elsewhere.headers).status_code == 404


def test_a_city_may_have_rules_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "plates.yaml"
    file.write_text(RULES, "utf-8")
    both_schemes = plate_rules.schemes(file)
    found = [
        plate_rules.scheme_of(both_schemes, kind, lineage)
        for kind, lineage in (("construction", ["450206100", "450206"]), ("construction", ["450202"]), ("road", []))
    ]
    assert [scheme and scheme["code"] for scheme in found] == ["guigang", "house-2026", None]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("fact: overdue", "fact: mood"),
        ("op: lte", "op: about"),
        ("value: 0", "value: true"),
        ("value: 0", "value: 0.5"),
        ("site_kinds: [construction]", "site_kinds: [castle]"),
        ("code: guigang", "code: house-2026"),
        ("green:", "blue:"),
        ("- {", "- [{"),
    ],
)
def test_faulty_rules_are_refused_at_the_start(tmp_path: Path, wrong: str, right: str) -> None:
    file = tmp_path / "plates.yaml"
    file.write_text(RULES.replace(wrong, right, 1), "utf-8")
    with pytest.raises(PlateRulesInvalid):
        plate_rules.schemes(file)


def test_the_items_of_the_sets_are_in_the_shipped_checklists() -> None:
    packs = [published.pack for published in library.shipped().values()]
    for chosen in hundreds.sets():
        known = {item for pack in packs if pack.code == chosen["checklist"] for item in pack.by_code}
        assert set(chosen["items"]) <= known
    assert {each["code"]: len(each["items"]) for each in hundreds.sets()} == {
        "six-liuzhou": 6, "six-liujiang": 6, "nine-guigang": 9,
    }  # fmt: skip


def test_the_six_hold_by_the_latest_inspection_of_each_site(register: Register, boss: Reader) -> None:
    good, bad, unsure, elsewhere = (register.records.site(code=code) for code in "ABCD")
    before = NOON - timedelta(days=1)
    inspected(register, good, dict.fromkeys(SIX, 20), finished_at=before)
    inspected(register, good, {**dict.fromkeys(SIX, 100), SIX[1]: "not_applicable"})
    inspected(register, bad, {**dict.fromkeys(SIX, 100), SIX[0]: 99})
    unanswered = [{"code": "item-unanswered", "detail": SIX[0]}]
    inspected(register, unsure, dict.fromkeys(SIX[2:], 100), flags=unanswered)
    inspected(register, elsewhere, dict.fromkeys(SIX, "not_applicable"))
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    (line,) = boss.get("statistics/hundreds", **days).json["items"]
    assert (line["set"], line["code"], line["all"]["numerator"], line["all"]["denominator"]) == (
        "six-liujiang", "450206", 1, 3,
    )  # fmt: skip
    first, second = line["items"][:2]
    assert (first["numerator"], first["denominator"]) == (1, 3)
    assert (second["numerator"], second["denominator"]) == (1, 1)
    for address, n in ((line["all"]["query"], 1), (line["all"]["query_of_all"], 3), (first["query"], 1)):
        answer = boss.client.get(address, headers=boss.person.headers)
        assert len(answer.json["items"]) == n
    (found,) = boss.get("statistics/hundreds", cell="450206", by="total", **days).json["items"]
    assert found["all"]["rate"] == line["all"]["rate"]
    assert boss.get("statistics/hundreds", cell="450202", **days).json["items"] == []
