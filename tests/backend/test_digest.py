"""The daily digest: once a day from its hour on, to each supervisor and each hook that wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from backend.models import FeedEvent
from backend.services import digest, telling
from backend.sync_store import SqlStore
from backend.transactions import writing
from tests.backend.desks import House
from tests.stories import new_id

BEFORE = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)  # 07:59 of the 24th in China


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    return house.desk("luo")


@pytest.mark.both_databases
def test_each_supervisor_has_one_digest_a_day_of_the_own_area(house, server, luo, boss, time):
    other = house.desk("liang", grants=("450202",))
    office = house.office(boss)
    phone = server.phone("wei")
    late, fresh = phone.report(), None
    assert phone.sync().quiet
    due = (time.now() + timedelta(hours=1)).isoformat()
    luo.walk(late, "submitted", "verified", "registered", "dispatched", office=office, due_at=due)
    luo.send("POST", f"/findings/{late}/return", note="误派")
    time.at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    fresh = phone.report("车辆带泥")
    assert fresh
    phone.device.record("hologram.project", new_id(), {})
    phone.sync()
    time.at = BEFORE
    assert house.run("daily-digest") == {"told": 0}
    house.later(minutes=8)
    assert house.run("daily-digest") == {"told": 2}
    assert house.run("daily-digest") == {"told": 0}
    (told,) = luo.told("digest")
    assert told["facts"] == {
        "day": "2026-11-24", "new": 1, "overdue": 1, "returns": 1, "returned": 0, "held": 1, "conflicts": 0,
        "fire_points": 0,
    }  # fmt: skip
    (empty,) = other.told("digest")
    assert {name: n for name, n in empty["facts"].items() if n} == {"day": "2026-11-24"}
    assert boss.told("digest") == []
    house.later(days=1)
    assert house.run("daily-digest") == {"told": 2}
    assert len(luo.told("digest")) == 2


def test_the_database_refuses_a_second_digest_of_a_day(server, luo, time):
    with server.app.app_context():
        for attempt in range(2):
            try:
                with writing() as session:
                    SqlStore(session, time.now()).lock_counter()
                    once = f"digest:2026-11-24:{luo.user_id}"
                    telling.tell(session, "digest", time.now(), ("user", luo.user_id), {}, user=luo.user_id, once=once)
            except IntegrityError:
                assert attempt == 1
                break
        else:
            pytest.fail("it was told twice")
        with writing() as session:
            assert session.query(FeedEvent).count() == 1


@pytest.mark.parametrize(("hour", "due"), [(0, True), (7, True), (8, False), (23, False)])
def test_a_digest_is_due_from_its_hour_on(hour, due):
    found = digest.day_due(BEFORE, hour)
    assert (found is not None) == due
    if found is not None:
        assert (str(found.date), found.until - found.since) == ("2026-11-24", timedelta(days=1))
