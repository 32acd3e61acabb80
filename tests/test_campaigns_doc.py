"""The commands of docs/campaigns.md, run as they are written against a real database."""

from __future__ import annotations

import re
from pathlib import Path

from backend import create_app
from backend.config import from_environment
from backend.services import accounts, campaigns
from backend.transactions import writing
from tests.stories import new_id
from tests.test_cells_doc import Office, office  # noqa: F401 (a fixture)

PAGE = Path(__file__).parents[1] / "docs" / "campaigns.md"
TABLE = "网格编码,日期,开始,结束,姓名,电话,职责\n450206100,2026-11-25,17:00,23:00,韦一,13800000001,巡查\n"


def test_the_page_enters_a_roster(office: Office) -> None:  # noqa: F811
    app = create_app(from_environment(office.environment))
    with app.app_context(), writing() as session:
        now = app.extensions["bluegrid.clock"].now()
        admin = accounts.actor_of(accounts.by_name(session, "admin"))
        days = {
            "first_day": __import__("datetime").date(2026, 11, 1),
            "last_day": __import__("datetime").date(2027, 3, 31),
        }
        fields = {"code": "QD-2026", "name": "秋冬", "topic": "straw", "cells": ["450206"], **days}
        rest = {"seasons": [], "hours": [], "checklists": []}
        campaigns.create(session, admin, {**fields, **rest}, now, new_id())
    (office.folder / "值班表.xlsx").write_text(TABLE, "utf-8")
    dry, real, listed = re.findall(r"^flask .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert "1 new, 0 changed, 0 as they are. Nothing was entered." in office.types(dry.replace("LIN", "admin"))
    assert "1 rows: 1 new" in office.types(real.replace("LIN", "admin"))
    assert "QD-2026  draft" in office.types(listed)
