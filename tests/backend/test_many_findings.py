"""Findings made by the thousand are what the product itself would have made of them."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from sqlalchemy import func, select, text

from backend.extensions import db
from backend.models import Case, Finding, Hop
from backend.services import finding_tally
from backend.services.lifecycle import STATES, WITH_OFFICE
from backend.transactions import reading
from tests.backend.counted import kept, kept_sums, standings, sums
from tests.many_findings import ManyFindings
from tests.stories import Server

SOME = 600


@pytest.mark.both_databases
def test_findings_made_by_the_thousand_are_counted_as_triggers_count(server: Server) -> None:
    author = server.person("wei")
    with server.app.app_context():
        made = ManyFindings(author, server.time.now())
        for wanted in (SOME // 2, SOME):
            made.up_to(wanted)
        with reading() as session:
            assert finding_tally.tallied(session) == finding_tally.recounted(session)
            assert kept(session) == standings(session)
            assert kept_sums(session) == sums(session)
            assert session.scalar(select(func.count()).select_from(Finding)) == SOME
            assert set(session.scalars(select(Finding.state).distinct())) <= set(STATES)
            at_office = select(func.count()).where(Finding.state.in_(WITH_OFFICE), Finding.id == Case.finding_id)
            assert session.scalar(select(func.count()).select_from(Hop)) == session.scalar(at_office) > 0
            if db.engine.dialect.name == "sqlite":
                assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_the_same_number_makes_the_same_findings(server: Server) -> None:
    author = server.person("wei")
    with server.app.app_context():
        first = ManyFindings(author, server.time.now())
        second = deepcopy(first)
        assert first._rows(np.arange(7.0)) == second._rows(np.arange(7.0))
