"""How the server runs, as its admins see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backend import clock, settings_shown
from backend.models import Job
from backend.transactions import writing
from tests.backend.desks import House


@pytest.fixture
def boss(server, client):
    return House(server, client).desk("boss", "admin")


def job(n, state, asked, finished=None, result=None):
    id = f"00000000-0000-4000-8000-00000000000{n}"
    return Job(
        id=id,
        kind="export",
        arguments={},
        asked_at=asked,
        state=state,
        attempts=5,
        finished_at=finished,
        result=result,
    )


@pytest.mark.both_databases
def test_what_waits_and_what_was_given_up_is_told_with_its_error(app, boss):
    with app.app_context(), writing() as session:
        now = clock.now()
        session.add(job(1, "asked", now - timedelta(hours=2)))
        session.add(job(2, "failed", now, now, {"error": "OSError", "detail": "/secret/path"}))
        session.add(job(3, "failed", now, now - timedelta(days=8), {"error": "OSError"}))
    told = boss.get("/running").json
    assert (told["jobs"]["waiting"], told["jobs"]["failed"]) == (1, 1)
    assert told["jobs"]["oldest_waiting_s"] >= 7200
    assert [(each["kind"], each["error"]) for each in told["jobs"]["failures"]] == [("export", "OSError")]
    assert 0 < told["disk"]["free"] < told["disk"]["total"]


def test_a_rule_that_was_set_differs_from_what_is_usual_and_no_secret_is_shown(boss, app):
    settings = app.extensions["bluegrid.settings"]
    said = {each["name"]: each for each in settings_shown.rules(replace(settings, digest_hour=7))}
    assert (said["digest_hour"]["value"], said["digest_hour"]["usual"]) == (7, 8)
    assert settings.secret_key not in boss.get("/running").text
