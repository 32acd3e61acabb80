"""The plans' annual targets: as the plans have them, with plan and clause, and beside the counties' figures."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from backend.services import fire_rates, plan_targets
from tests.backend.counted import NOON, Reader, Register
from tests.backend.records import Records

PLANS = {"liuzhou-2024", "liujiang-2024", "liuzhou-attainment-2018", "guigang-2023"}


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def boss(records: Records, client: FlaskClient) -> Reader:
    return Reader(client, records.person("admin"))


def test_targets_are_those_of_the_plans(boss: Reader) -> None:
    told = boss.get("statistics/targets", year=2024, place="450206").json["items"]
    assert {(each["measure"], each["value"], each["plan"], each["clause"]) for each in told} >= {
        ("pm25", 31.0, "liuzhou-2024", "附件"),
        ("good_days", 93.5, "liujiang-2024", "一"),
        ("pm10", 54.0, "liujiang-2024", "一"),
        ("fire_handling", 85.0, "liujiang-2024", "（四）1"),
    }
    assert all(each["name"] and each["unit"] and each["op"] in ("lte", "gte") for each in told)


def test_every_target_names_its_plan_and_clause() -> None:
    for each in plan_targets.listing():
        assert each["plan"] in PLANS
        assert each["clause"]


def test_the_handling_of_fires_has_one_target_whoever_asks(boss: Reader) -> None:
    for each in boss.get("statistics/targets").json["items"]:
        if each["measure"] == "fire_handling":
            held = fire_rates.target_of(each["place"], NOON.date().replace(year=each["year"]))
            assert held is not None
            assert held["rate"] * 100 == pytest.approx(each["value"])


def test_a_countys_line_carries_its_targets_of_the_year(records: Records, boss: Reader) -> None:
    Register(records).finding(found_at=NOON.replace(year=2025))
    told = boss.statistics(**{"from": "2025-01-01", "to": "2025-12-31"})
    (line,) = told["items"]
    assert line["code"] == "450206"
    assert {each["measure"]: each["value"] for each in line["targets"]} == {
        "pm25": 30.3, "good_days": 93.6, "heavy_days": 0,
    }  # fmt: skip


def test_a_target_of_no_known_measure_is_refused() -> None:
    words = {"zh": "x", "en": "x", "unit": "%", "op": "gte"}
    target = {"plan": "p", "clause": "1", "year": 2024, "of": {"450206": {"wind": 1}}}
    with pytest.raises(KeyError):
        plan_targets.load({"measures": {"rain": words}, "targets": [target]})
    with pytest.raises(ValidationError):
        plan_targets.load({"measures": {"wind": {**words, "op": "about"}}, "targets": [target]})
