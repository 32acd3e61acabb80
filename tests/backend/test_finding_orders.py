"""The orders of the list of findings: what each goes by, and that its pages give each finding once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Finding
from backend.services import finding_queries, publishing
from backend.services.finding_filters import Filters
from backend.services.finding_orders import SORTS
from backend.services.pages import PageAsked
from backend.sync_store import SqlStore
from tests.backend.records import NOON, Person, Records

URL = "/api/v1/findings"
HOUR = timedelta(hours=1)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def luo(records: Records) -> Person:
    return records.person("supervisor", "450206")


def publish(records: Records, *findings: Finding) -> None:
    """As every command does at its end."""
    store = SqlStore(records.session, NOON)
    store.lock_counter()
    for finding in findings:
        publishing.finding(records.session, store, finding)
    records.session.commit()


def page(client: FlaskClient, person: Person, **query: Any) -> dict[str, Any]:
    answer = client.get(URL, query_string=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [item["id"] for item in found["items"]]


@pytest.mark.both_databases
def test_each_order_goes_by_what_it_says(client, records, luo):
    graver = records.finding(luo, severity="serious", deadline_at=NOON + 9 * HOUR)
    late = records.finding(luo, severity="minor", deadline_at=NOON - 9 * HOUR)
    closed = records.finding(luo, severity="moderate", deadline_at=NOON - 99 * HOUR, state="closed")
    sooner = records.finding(luo, severity="moderate", deadline_at=NOON + HOUR)
    no_term = records.finding(luo, severity="serious")
    made = [graver, late, closed, sooner, no_term]
    publish(records, *made)
    publish(records, closed)
    wanted = {
        "newest": made,
        "oldest": made[::-1],
        "deadline": [late, sooner, graver, closed, no_term],
        "severity": [graver, no_term, closed, sooner, late],
        "changed": [closed, no_term, sooner, late, graver],
    }
    assert wanted.keys() == SORTS.keys()
    for sort, findings in wanted.items():
        assert ids(page(client, luo, sort=sort)) == [finding.id for finding in findings], sort
    assert ids(page(client, luo)) == ids(page(client, luo, sort="newest"))


def test_the_severities_stand_in_the_order_of_the_alphabet():
    assert catalogue.codes("severity") == ("minor", "moderate", "serious")


def mixed(records: Records, person: Person, n: int) -> Finding:
    """Findings of which many are level by every key but the last."""
    return records.finding(
        person,
        severity=catalogue.codes("severity")[n % 3],
        found_at=NOON - HOUR * (n % 2),
        deadline_at=None if n % 4 == 0 else NOON + HOUR * (n % 3),
        state="closed" if n % 5 == 0 else "submitted",
    )


@pytest.mark.both_databases
def test_the_pages_of_every_order_give_each_finding_once(session, records, luo):
    made = [mixed(records, luo, n) for n in range(13)]
    publish(records, *made[:9])  # the rest as a load in bulk leaves them
    there = {finding.id for finding in made}

    def pages(sort: str, limit: int, meanwhile: list[int]) -> Iterator[list[str]]:
        asked: PageAsked | None = PageAsked(limit=limit)
        while asked is not None:
            found = finding_queries.page(session, luo.actor, Filters(), asked, sort)
            yield [finding.id for finding in found.rows]
            if meanwhile:
                publish(records, mixed(records, luo, meanwhile.pop()))
            asked = PageAsked(found.next_cursor, limit) if found.next_cursor else None

    @given(st.sampled_from(sorted(SORTS)), st.integers(1, 6), st.lists(st.integers(0, 59), max_size=2))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def law(sort: str, limit: int, meanwhile: list[int]) -> None:
        found = list(pages(sort, limit, meanwhile))
        seen = [id for page in found for id in page]
        assert all(len(page) == limit for page in found[:-1])
        assert len(seen) == len(set(seen))
        assert there <= set(seen)

    law()


def test_the_total_is_the_same_in_every_order(client, records, luo):
    for n in range(7):
        mixed(records, luo, n)
    assert {page(client, luo, sort=sort, limit=2, total="true")["total"] for sort in SORTS} == {7}


def cursor_of(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "said",
    [
        ["oldest", NOON.isoformat(), "x"],
        ["changed", "7", "x"],
        ["changed", True, "x"],
        ["changed", 2**70, "x"],
        ["changed", -1, "x"],
        ["changed", 7],
        ["changed", 7, "x", "y"],
        ["changed"],
        ["unpublished", 7, "x"],
        ["no-term", NOON.isoformat(), "x"],
        [],
        {"changed": 7},
        7,
    ],
)
def test_a_cursor_of_another_order_or_of_nobody_is_refused(client, luo, said):
    answer = client.get(URL, query_string={"sort": "changed", "cursor": cursor_of(said)}, headers=luo.headers)
    assert (answer.status_code, answer.json["code"]) == (422, "cursor-invalid")


def test_an_order_that_nobody_knows_is_refused_with_those_that_there_are(client, luo):
    answer = client.get(URL, query_string={"sort": "prettiest"}, headers=luo.headers)
    assert answer.status_code == 422
    assert "deadline" in answer.text
