"""The pull through the real app: scopes by right, pages without loss, nothing sent twice for nothing."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text, update

from backend.extensions import db
from backend.models import Counter, Grant
from backend.transactions import writing
from sync.device_ports import Json
from tests.stories import LIUJIANG, Phone, Server

PULL = "/api/v1/sync/pull"
OUTSIDE = {"lon": 116.4, "lat": 39.9, "datum": "WGS84", "accuracy_m": 5}


def grants(server: Server, user: str, *codes: str) -> None:
    with server.app.app_context(), writing() as session:
        session.execute(text("DELETE FROM user_grant WHERE user_id = :user"), {"user": user})
        session.add_all(Grant(user_id=user, code=code) for code in codes)


def counter(server: Server, **values: object) -> None:
    with server.app.app_context(), writing() as session:
        session.execute(update(Counter).values(**values))


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


@pytest.mark.both_databases
def test_pages_of_any_size_bring_everything_once(phone: Phone) -> None:
    for i in range(12):
        phone.report(str(i))
    phone.sync()
    whole = phone.raw("GET", PULL).json()
    assert whole["complete"]
    for limit in (1, 5, 1000, -3):
        entries: list[Json] = []
        cursor = ""
        while True:
            page = phone.raw("GET", f"{PULL}?limit={limit}{cursor}").json()
            entries += page["entries"]
            cursor = f"&cursor={page['cursor']}"
            assert page["entries"] or page["complete"]
            if page["complete"]:
                break
            assert page["digests"] is None
        assert sorted(entries, key=str) == sorted(whole["entries"], key=str)
        assert page["digests"] == whole["digests"]


@pytest.mark.both_databases
def test_digests_equal_a_recount_of_the_entries(phone: Phone, server: Server) -> None:
    for position in (None, OUTSIDE, {"lon": 109.33, "lat": 24.255, "datum": "WGS84"}):
        phone.report(position=position)
    phone.sync()
    phone.sync()
    page = phone.raw("GET", PULL).json()
    assert phone.device.mirror.differing(page["digests"]) == []
    assert set(page["digests"]) == {"global", f"area:{LIUJIANG}", f"user:{phone.device.user_id}"}


@pytest.mark.both_databases
def test_scopes_grow_and_shrink_with_the_grants(server: Server) -> None:
    wei, qin = server.phone("wei"), server.phone("qin", grants=("450202",))
    finding = wei.report()
    wei.sync()
    qin.sync()
    assert qin.device.mirror.row("finding", finding) is None
    grants(server, qin.device.user_id, LIUJIANG)
    assert qin.sync().quiet
    assert qin.device.mirror.row("finding", finding) is not None
    grants(server, qin.device.user_id)
    assert qin.sync().quiet
    assert list(qin.device.mirror.rows("finding")) == []
    assert list(qin.device.mirror.rows("checklist")) != []


def test_what_lies_nowhere_is_shown_to_its_author_the_city_and_the_admins(server: Server) -> None:
    wei = server.phone("wei")
    finding = wei.report(position=OUTSIDE)
    wei.sync()
    city, county = server.phone("city", "supervisor", ("450200",)), server.phone("county", "supervisor")
    admin, inspector = server.phone("admin", "admin", ()), server.phone("inspector", grants=("450200",))
    seen = []
    for phone in (wei, city, county, admin, inspector):
        assert phone.sync().quiet
        seen.append(phone.device.mirror.row("finding", finding) is not None)
    assert seen == [True, True, False, True, False]


def test_nothing_new_is_answered_with_304(phone: Phone) -> None:
    phone.report()
    phone.sync()
    cursor = phone.raw("GET", PULL).json()["cursor"]
    first = phone.raw("GET", f"{PULL}?cursor={cursor}")
    again = phone.raw("GET", f"{PULL}?cursor={cursor}", **{"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    phone.report()
    phone.device.push(phone.sync())
    new = phone.raw("GET", f"{PULL}?cursor={cursor}", **{"If-None-Match": first.headers["etag"]})
    assert new.status == 200
    assert new.json()["entries"] != []


def test_a_page_is_packed_for_who_can_unpack_it(phone: Phone) -> None:
    for _ in range(5):
        phone.report()
    phone.sync()
    plain, packed = phone.raw("GET", PULL), phone.raw("GET", PULL, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body)) == plain.json()
    assert "Accept-Encoding" in packed.headers["vary"]


def test_a_cursor_of_another_epoch_of_long_ago_or_of_nobody_is_told_apart(phone: Phone, server: Server) -> None:
    phone.report()
    phone.sync()
    cursor = phone.raw("GET", PULL).json()["cursor"]
    counter(server, tombstone_floor=10**6, value=10**6 + 1)
    expired = phone.raw("GET", f"{PULL}?cursor={cursor}")
    assert (expired.status, expired.code) == (410, "cursor-expired")
    counter(server, epoch="restored")
    changed = phone.raw("GET", f"{PULL}?cursor={cursor}")
    assert (changed.status, changed.code, changed.json()["epoch"]) == (410, "epoch-changed", "restored")
    garbage = phone.raw("GET", f"{PULL}?cursor=garbage")
    assert (garbage.status, garbage.code) == (422, "cursor-invalid")
    assert phone.raw("GET", PULL).status == 200


def test_a_cursor_of_64_grants_fits_a_url(server: Server) -> None:
    from backend.services import cells

    with server.app.app_context():
        codes = [code for code in sorted(cells.descendants(LIUJIANG)) if len(code) == 12][:64]
        db.session.remove()
    assert len(codes) == 64
    phone = server.phone(grants=tuple(codes))
    cursor = phone.raw("GET", PULL).json()["cursor"]
    assert len(cursor) < 2048
    assert phone.raw("GET", f"{PULL}?cursor={cursor}").json()["complete"]


def test_an_unsupported_schema_asks_for_an_upgrade_of_the_app(phone: Phone) -> None:
    answer = phone.raw("GET", f"{PULL}?schema=99")
    assert (answer.status, answer.code) == (409, "pull-schema-unsupported")


def test_a_scope_is_sent_again_when_the_device_asks(phone: Phone) -> None:
    phone.report()
    phone.sync()
    cursor = phone.raw("GET", PULL).json()["cursor"]
    assert phone.raw("GET", f"{PULL}?cursor={cursor}").json()["entries"] == []
    again = phone.raw("GET", f"{PULL}?cursor={cursor}&again=area:{LIUJIANG}").json()
    assert {entry["scope"] for entry in again["entries"]} == {f"area:{LIUJIANG}"}
    assert again["scopes"]["added"] == [f"area:{LIUJIANG}"]
    stranger = phone.raw("GET", f"{PULL}?cursor={cursor}&again=area:450802").json()
    assert stranger["entries"] == []


@pytest.mark.parametrize("query", ["limit=x", "schema=x", "cursor=%00", "cursor=" + "A" * 6000])
def test_a_question_that_makes_no_sense_is_refused(phone: Phone, query: str) -> None:
    assert phone.raw("GET", f"{PULL}?{query}").status == 422


def test_a_page_ends_at_the_limit_of_bytes_and_the_pages_bring_everything(app: Flask, server: Server) -> None:
    limits = replace(app.extensions["bluegrid.settings"].limits, pull_bytes=8000)
    object.__setattr__(app.extensions["bluegrid.settings"], "limits", limits)
    phone = server.phone()
    for _ in range(6):
        phone.report("土" * 1000)  # 3,000 bytes of UTF-8
    phone.sync()
    cursor, sizes, seen = "", [], 0
    while True:
        answer = phone.raw("GET", f"{PULL}?limit=1000{cursor}")
        page = answer.json()
        seen += sum(entry["type"] == "finding" for entry in page["entries"])
        sizes.append(sum(len(json.dumps(entry, ensure_ascii=False).encode()) for entry in page["entries"]))
        if page["complete"]:
            break
        cursor = f"&cursor={page['cursor']}"
    assert max(sizes) <= 8000 + 4 * 4500  # one seq is never cut: a finding in each of its scopes
    assert len(sizes) > 2
    assert seen == 6 * 2  # in the county's scope and in its author's


def test_with_an_outside_backup_what_is_backed_up_follows_the_head(app: Flask, server: Server) -> None:
    object.__setattr__(app.extensions["bluegrid.settings"], "backed_up_by_others", True)
    phone = server.phone()
    phone.report()
    phone.sync()
    said = phone.raw("POST", "/api/v1/sync/push", {"ops": []}).json()
    assert said["backed_up_seq"] == phone.raw("GET", PULL).json()["head"] > 0
    assert phone.sync().quiet
    assert phone.results() == []  # decided, and safe with the backup: the phone may let go of it
