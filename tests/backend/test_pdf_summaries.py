"""The summaries on A4: read back as text, looked at as a picture, and the same bytes again."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.services.lifecycle import STATES
from backend.services.summary_parts import GROUP_OF, GROUPS
from tests.backend.records import CHENGZHONG, NOON, Person, Records, new_id
from tests.backend.test_export_formats import Bench
from tests.backend.test_periods import Weeks
from tests.stories import FakeTime

PX_A_MM = 4
LEGEND_PX = (3 * PX_A_MM + 1) ** 2  # a square of the legend, wherever it falls


def text_of(page: Any) -> str:
    return str(page.get_textpage().get_text_range()).replace("\r", "")


class Paper:
    """A PDF as its reader sees it."""

    def __init__(self, data: bytes) -> None:
        self.document = pypdfium2.PdfDocument(data)
        self.text = "\n".join(text_of(page) for page in self.document)

    def picture(self, page: int) -> Any:
        image = self.document[page].render(scale=PX_A_MM * 25.4 / 72).to_pil().convert("RGB")
        return np.asarray(image, dtype=np.int16)

    @cached_property
    def map(self) -> Any:
        """The page with the map."""
        return self.picture(next(n for n, page in enumerate(self.document) if "问题分布" in text_of(page)))

    def on_map(self, colour: tuple[int, int, int]) -> int:
        """How many pixels of that page have a colour."""
        return int((np.abs(self.map - colour).max(axis=2) < 12).sum())


@pytest.fixture
def desk(app: Flask, client: FlaskClient, session: Session) -> Bench:
    return Bench(app, client)


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def luo(records: Records) -> Person:
    return records.person("supervisor", "450200")


@pytest.fixture
def town(records: Records, luo: Person) -> Records:
    """A city with findings in two counties and one without a place; one of them late."""
    for state, at in (("submitted", (109.33, 24.25)), ("closed", (109.21, 24.28)), ("rectifying", CHENGZHONG)):
        records.finding(luo, at, state=state, deadline_at=NOON - timedelta(days=9))
    records.finding(luo, None, state="penalty_transfer")
    return records


def test_the_summary_of_findings_says_totals_counties_filters_and_how_to_get_it_again(desk, town, luo):
    made = desk.made(luo, "findings-summary", "pdf", filters={"topic": "dust"})
    answer = desk.fetch(luo, made["id"])
    assert (answer.mimetype, made["progress"]["done"]) == ("application/pdf", 4)
    paper = Paper(answer.data)
    size = paper.document[0].get_size()
    assert [round(each * 25.4 / 72) for each in size] == [210, 297]
    for said in (
        "扬尘问题整改情况汇总", "筛选：专题 扬尘", "分辖区情况", "柳江区 2 1 1 1 0 0 50.0%", "城中区 1 0 1 1 0 0 0.0%",
        "未落入辖区 1 0 0 0 1 0 0.0%", "合计 4 1 2 2 1 0 25.0%", "问题分布", "1个问题没有坐标或在图外，未标出",
        f"seq {made['seq']}", "第 1 页，共 2 页",
    ):  # fmt: skip
        assert said in paper.text, said
    drawn = {name: paper.on_map(colour) > LEGEND_PX + 20 for name, (colour, _) in GROUPS.items() if name != "rejected"}
    assert [name for name, seen in drawn.items() if seen] == ["waiting", "under_way", "closed"], "one has no place"
    assert desk.made(luo, "findings-summary", "pdf", filters={"topic": "dust"})["sha256"] == made["sha256"]


def test_every_state_has_a_colour():
    assert set(STATES) <= set(GROUP_OF)


def test_a_summary_holds_what_its_maker_may_see_and_one_of_nothing_is_a_paper_too(desk, town, records):
    paper = Paper(desk.bytes(records.person("supervisor", "450206"), "findings-summary", "pdf", language="en"))
    assert "Summary of findings" in paper.text
    assert "柳江区 2 1 1 1 0 0 50.0%" in paper.text
    assert "城中区" not in paper.text
    nothing = Paper(desk.bytes(records.person("supervisor", "450203"), "findings-summary", "pdf"))
    assert "共0个问题" in nothing.text


def test_the_summary_of_a_period_is_what_was_frozen_and_only_that(app, client, session, time: FakeTime, desk):
    weeks = Weeks(client, Records(app, session), time)
    kept, closed = weeks.found(), weeks.found(CHENGZHONG)
    weeks.step(closed, "closed")
    period = weeks.week()
    said = {"filters": {"period": period["id"], "version": "1"}}
    first = desk.bytes(weeks.admin, "period-summary", "pdf", **said)
    paper = Paper(first)
    for text in ("柳州市问题整改清单（2026年第1期）汇总", "柳大气办〔2026〕48号", "韦主任", "城中区 0 1 0 0 1 0 0 0"):
        assert text in paper.text, paper.text
    weeks.step(kept, "closed")
    weeks.post(f"/{period['id']}/reissue", version=1, reason="更正")
    time.pass_by(days=1)
    assert desk.bytes(weeks.admin, "period-summary", "pdf", **said) == first


def test_a_period_that_cannot_be_summed_up_is_refused_when_asked_for(app, client, session, time: FakeTime, desk):
    weeks = Weeks(client, Records(app, session), time)
    refused = [
        ({}, 422, "filter-invalid"),
        ({"period": "第一期"}, 422, "filter-invalid"),
        ({"period": new_id(), "version": "0"}, 422, "filter-invalid"),
        ({"period": new_id(), "version": "²"}, 422, "filter-invalid"),
        ({"topic": "dust"}, 422, "filter-invalid"),
        ({"period": new_id()}, 404, "not-found"),
        ({"period": weeks.opened()["id"]}, 409, "period-not-ready"),
    ]
    for filters, status, code in refused:
        answer = desk.ask(weeks.admin, "period-summary", "pdf", filters=filters)
        assert (answer.status_code, answer.json["code"]) == (status, code), filters
