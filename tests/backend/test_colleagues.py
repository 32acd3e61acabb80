"""The people of an area, for who gives out work there: names and roles, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import AuditEvent
from backend.services import accounts
from tests.backend.records import NOON, Person, Records, new_id

COUNTY, LABAO, CITY, OTHER = "450206", "450206100", "450200", "450202"

Hire = Callable[..., str]
Ask = Callable[..., Any]


@pytest.fixture
def luo(app: Flask, session: Session) -> Person:
    return Records(app, session).person("supervisor", COUNTY)


@pytest.fixture
def hire(app: Flask, session: Session) -> Hire:
    def hire(shown: str, grant: str, role: str = "inspector", **more: Any) -> str:
        user = accounts.create_user(
            session, id=new_id(), now=NOON, name=f"u-{new_id()}", display_name=shown, role=role, grants=[grant],
            phone="13977200000", **more,
        )  # fmt: skip
        session.commit()
        return user.id

    return hire


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    def ask(who: Person, **query: Any) -> Any:
        answer = client.get("/api/v1/colleagues", query_string=query, headers=who.headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    return ask


def names(found: Any) -> list[str]:
    return [each["name"] for each in found["items"]]


@pytest.mark.both_databases
def test_a_supervisor_finds_whose_grants_reach_into_the_area_and_nobody_else(session, hire, ask, luo):
    for shown, grant in (("韦敏", LABAO), ("覃强", COUNTY), ("市巡查", CITY), ("外县", OTHER)):
        hire(shown, grant)
    session.get(accounts.User, hire("离任", LABAO)).active = False
    session.commit()
    assert set(names(ask(luo))) == {"韦敏", "覃强", "市巡查", "测试supervisor"}
    assert set(names(ask(luo, role="inspector"))) == {"韦敏", "覃强", "市巡查"}


def test_only_name_and_role_are_shown_and_the_look_is_written_down(session, hire, ask, luo):
    wei = hire("韦敏", LABAO)
    assert ask(luo, name="韦")["items"] == [{"id": wei, "name": "韦敏", "role": "inspector"}]
    seen = session.scalars(select(AuditEvent.actor_id).where(AuditEvent.action == "read.colleagues")).all()
    assert seen == [luo.id]


def test_a_part_of_a_name_finds_and_signs_of_patterns_are_letters(hire, ask, luo):
    hire("韦小敏", LABAO), hire("覃强%", LABAO)
    assert names(ask(luo, name="小敏")) == ["韦小敏"]
    assert names(ask(luo, name="%")) == ["覃强%"]


def test_a_cell_narrows_to_who_works_there_but_widens_nothing(hire, ask, luo, client):
    hire("韦敏", LABAO), hire("百朋的", "450206102"), hire("外县", OTHER)
    assert set(names(ask(luo, cell=LABAO, role="inspector"))) == {"韦敏"}
    assert names(ask(luo, cell=OTHER)) == []
    refused = client.get("/api/v1/colleagues?cell=999999", headers=luo.headers)
    assert (refused.status_code, refused.json["code"]) == (422, "filter-invalid")


def test_many_are_cut_and_it_is_said(hire, ask, luo):
    for n in range(3):
        hire(f"组员{n}", LABAO)
    found = ask(luo, name="组员", limit=2)
    assert (names(found), found["more"]) == (["组员0", "组员1"], True)
    assert ask(luo, name="组员", limit=3)["more"] is False


def test_an_admin_finds_everybody_who_goes_out(app, session, hire, ask):
    hire("外县", OTHER), hire("韦敏", LABAO)
    assert set(names(ask(Records(app, session).person("admin")))) == {"外县", "韦敏"}
