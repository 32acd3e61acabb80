"""The responsible unit's link: one finding, after-photos and one reply, until the office's term, without an account."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend import storage
from backend.blobs import Shelf
from backend.models import AuditEvent, UnitLink, UnitReply
from backend.services import unit_replies
from backend.transactions import writing
from tests.backend.cases.case_desks import UNIT_SAID, UNIT_URL, Desk, Unit, problem
from tests.stories import IN_LIUJIANG, Phone, Server, jpeg, new_id

AFTER, OTHER = jpeg(colour="green"), jpeg(colour="blue")


# the way of a reply -------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_unit_sees_its_finding_sends_photos_and_says_what_was_done_and_the_handler_uses_them(
    server: Server, client: FlaskClient, dispatched: str, handler: Desk, luo: Desk
) -> None:
    made = handler.unit_link(dispatched)
    assert made["url"].endswith(f"/rectify#{made['token']}")
    assert made["qr_svg"].startswith("<svg")
    assert made["expires_at"] == luo.detail(dispatched)["case"]["due_at"]
    unit = Unit(client, made["token"])
    seen = unit.look().json
    assert (seen["found"], seen["unit"], seen["office"]) == ("裸土未覆盖", "某建筑公司", "柳江区住建局")
    (before,) = seen["photos"]
    assert unit.picture(before).mimetype == "image/jpeg"
    sha256 = unit.photo(AFTER).json["sha256"]
    with server.app.app_context():
        assert storage.blobs().open(sha256, Shelf.ORIGINALS).read() == AFTER
    sent = unit.reply(sha256)
    assert (sent.status_code, sent.json["number"], sent.json["photos"]) == (200, seen["number"], [sha256])

    told = handler.detail(dispatched)
    (reply,) = told["unit_replies"]
    assert (reply["done"], reply["said_by"], reply["unit"], reply["photos"]) == (
        UNIT_SAID["done"], "张三", "某建筑公司", [sha256],
    )  # fmt: skip
    assert (reply["hop"], told["state"]) == (told["hops"][0]["id"], "dispatched")
    assert sha256 not in [each["sha256"] for each in told["photos"]]
    handler.took(dispatched, "dispatched", "rectifying")
    handler.took(dispatched, "rectifying", "feedback", photos=[sha256])
    shown = [each for each in luo.detail(dispatched)["photos"] if each["sha256"] == sha256]
    assert [(each["role"], each["stored"]) for each in shown] == [("after", True)]


def test_whoever_sees_the_finding_sees_what_the_unit_sent_and_nobody_else_does(
    dispatched: str, unit: Unit, desk: Callable[..., Desk], housing: str, transport: str
) -> None:
    sha256, unsaid = (unit.photo(data).json["sha256"] for data in (AFTER, OTHER))
    assert unit.reply(sha256).status_code == 200

    def looks(who: Desk, sha256: str) -> int:
        return int(who.client.get(f"/api/v1/blobs/{sha256}", headers=who.token).status_code)

    colleague, stranger = desk("lu", "handler", (), housing), desk("huang", "handler", (), transport)
    assert [looks(who, sha256) for who in (colleague, desk("meng"), stranger, desk("far", grants=("450202",)))] == [
        200, 200, 404, 404,
    ]  # fmt: skip
    assert looks(colleague, unsaid) == 404


def test_a_colleague_of_the_maker_uses_the_photos_in_the_offices_own_reply(
    dispatched: str, unit: Unit, desk: Callable[..., Desk], housing: str, luo: Desk
) -> None:
    sha256 = unit.photo(AFTER).json["sha256"]
    assert unit.reply(sha256).status_code == 200
    colleague = desk("lu", "handler", (), housing)
    colleague.took(dispatched, "dispatched", "rectifying")
    colleague.took(dispatched, "rectifying", "feedback", photos=[sha256])
    assert (sha256, True) in [(each["sha256"], each["stored"]) for each in luo.detail(dispatched)["photos"]]


@pytest.mark.both_databases
def test_a_reply_whose_answer_was_lost_gets_the_same_answer_and_any_other_is_refused(
    server: Server, dispatched: str, unit: Unit, luo: Desk
) -> None:
    sha256 = unit.photo(AFTER).json["sha256"]
    first = unit.reply(sha256)
    server.time.pass_by(days=30)
    assert unit.reply(sha256).json == first.json
    assert problem(unit.reply()) == (409, "unit-link-used")
    assert problem(unit.look()) == (409, "unit-link-used")
    assert problem(unit.photo(OTHER)) == (409, "unit-link-used")
    assert len(luo.detail(dispatched)["unit_replies"]) == 1


def test_a_photo_that_was_cut_off_or_whose_answer_was_lost_is_simply_sent_again(unit: Unit) -> None:
    sha256 = hashlib.sha256(AFTER).hexdigest()
    assert problem(unit.photo(AFTER[: len(AFTER) // 2], sha256)) == (422, "sha256-mismatch")
    assert unit.photo(AFTER).json == unit.photo(AFTER).json == {"sha256": sha256, "size": len(AFTER)}
    assert unit.look().json["received"] == [sha256]


def test_a_browser_that_computes_no_hash_is_told_it(unit: Unit) -> None:
    assert unit.photo(AFTER, "").json["sha256"] == hashlib.sha256(AFTER).hexdigest()


# what it does not show ------------------------------------------------------------------------------------------------
def test_a_unit_sees_no_photo_but_those_of_what_was_found(
    server: Server, dispatched: str, unit: Unit, wei: Phone, luo: Desk, handler: Desk
) -> None:
    (before,) = unit.look().json["photos"]
    other = wei.report("另一处", photos=[wei.device.capture(OTHER)])
    scan = wei.device.capture(jpeg(colour="white"))
    args = {
        "sha256": scan, "size": 1, "media_type": "image/jpeg", "source": "camera", "role": "document",
        "subject": {"type": "finding", "id": dispatched}, "captured_at": wei.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG),
    }  # fmt: skip
    wei.device.record("photo.add", new_id(), args)
    assert wei.sync().quiet
    of_a_step = unit.photo(AFTER).json["sha256"]
    returned = handler.send("POST", f"/findings/{dispatched}/return", note="不属我局", photos=[of_a_step])
    assert returned.status_code == 200
    assert {each["sha256"] for each in luo.detail(dispatched)["photos"]} == {before, scan, of_a_step}
    assert unit.look().json["photos"] == [before]
    elsewhere = luo.detail(other)["photos"][0]["sha256"]
    for sha256 in (scan, of_a_step, elsewhere, "0" * 64, "no-hash"):
        assert problem(unit.picture(sha256)) == (404, "not-found")


def test_what_is_shown_names_nobody_of_the_office_and_no_other_finding(unit: Unit) -> None:
    assert set(unit.look().json) == {
        "id", "number", "found", "requirement", "clause", "due_at", "unit", "office", "photos", "received",
    }  # fmt: skip


# when it is good -----------------------------------------------------------------------------------------------------
def test_a_link_ends_with_the_term_and_more_time_for_the_office_is_more_time_for_the_unit(
    server: Server, dispatched: str, unit: Unit, handler: Desk, luo: Desk
) -> None:
    server.time.pass_by(days=10)
    for answer in (unit.look(), unit.photo(AFTER), unit.reply()):
        assert problem(answer) == (410, "unit-link-expired")
    assert problem(handler.send("POST", f"/findings/{dispatched}/unit-link", name="甲")) == (409, "unit-link-not-now")
    until = (server.time.now() + timedelta(days=5)).isoformat()
    assert handler.send("POST", f"/findings/{dispatched}/extension", due_at=until, note="连日降雨").status_code == 200
    assert luo.send("PUT", f"/findings/{dispatched}/extension", due_at=until).status_code == 200
    assert unit.look().json["due_at"] == until


def test_a_new_link_ends_the_one_before_and_a_revoked_one_is_over(
    client: FlaskClient, dispatched: str, unit: Unit, handler: Desk
) -> None:
    second = Unit(client, handler.unit_link(dispatched)["token"])
    assert (problem(unit.look()), unit.look().json["reason"]) == ((410, "unit-link-ended"), "replaced")
    assert second.look().status_code == 200
    assert handler.send("DELETE", f"/findings/{dispatched}/unit-link").status_code == 204
    assert (problem(second.reply()), second.look().json["reason"]) == ((410, "unit-link-ended"), "revoked")
    assert problem(handler.send("DELETE", f"/findings/{dispatched}/unit-link")) == (404, "not-found")
    links = client.get(f"/api/v1/findings/{dispatched}/unit-link", headers=handler.token).json
    assert [each["state"] for each in links] == ["revoked", "replaced"]
    assert "token" not in links[0]


def test_what_goes_to_another_office_is_not_heard_from_by_the_first_ones_link(
    dispatched: str, unit: Unit, handler: Desk, desk: Callable[..., Desk], transport: str, housing: str
) -> None:
    assert handler.send("POST", f"/findings/{dispatched}/pass", office=transport, note="属交通").status_code == 200
    assert problem(unit.reply()) == (410, "unit-link-ended")
    assert problem(handler.send("POST", f"/findings/{dispatched}/unit-link", name="甲")) == (403, "step-not-yours")
    back = desk("huang", "handler", (), transport).send(
        "POST", f"/findings/{dispatched}/pass", office=housing, note="退"
    )
    assert back.status_code == 200
    assert problem(unit.reply()) == (410, "unit-link-ended")


def test_while_the_office_has_replied_the_link_rests_and_sent_back_it_is_good_again(
    client: FlaskClient, dispatched: str, unit: Unit, handler: Desk, luo: Desk
) -> None:
    handler.took(dispatched, "dispatched", "rectifying")
    handler.took(dispatched, "rectifying", "feedback")
    assert problem(unit.look()) == (410, "unit-link-ended")
    luo.took(dispatched, "feedback", "recheck")
    luo.took(dispatched, "recheck", "returned", note="北侧仍裸露")
    assert unit.look().status_code == 200
    luo.took(dispatched, "returned", "rectifying")
    assert unit.reply().status_code == 200
    told = luo.detail(dispatched)
    assert told["unit_replies"][0]["hop"] == told["hops"][1]["id"]
    handler.took(dispatched, "rectifying", "feedback")
    assert problem(handler.send("POST", f"/findings/{dispatched}/unit-link", name="甲")) == (409, "unit-link-not-now")


def test_without_a_name_a_link_is_made_out_to_the_sites_unit_or_not_at_all(dispatched: str, handler: Desk) -> None:
    refused = handler.send("POST", f"/findings/{dispatched}/unit-link")
    assert (problem(refused), refused.json["field"]) == ((422, "input-invalid"), "name")


def test_only_who_has_the_finding_makes_a_link(dispatched: str, desk: Callable[..., Desk], transport: str) -> None:
    path = f"/findings/{dispatched}/unit-link"
    assert problem(desk("huang", "handler", (), transport).send("POST", path, name="甲")) == (404, "not-found")
    assert problem(desk("an", "inspector").send("POST", path, name="甲")) == (403, "not-allowed")
    assert desk("meng").send("POST", path, name="甲").status_code == 201


# bad input ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [b"", b"<script>", b"%PDF-1.7 not a picture", AFTER[:300]])
def test_what_is_no_picture_is_refused_and_nothing_is_kept(server: Server, unit: Unit, data: bytes) -> None:
    assert problem(unit.photo(data)) == (422, "no-picture")
    assert unit.look().json["received"] == []
    with server.app.app_context():
        assert not storage.blobs().has(hashlib.sha256(data).hexdigest())


def test_a_photo_that_is_too_large_is_refused_before_it_is_read(unit: Unit) -> None:
    announced = {"CONTENT_LENGTH": str(unit_replies.MOST_PHOTO_BYTES + 1)}
    refused = unit.client.post(f"{UNIT_URL}/photos", headers=unit.headers, environ_overrides=announced)
    assert (problem(refused), refused.json["limit"]) == ((413, "too-large"), unit_replies.MOST_PHOTO_BYTES)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"done": " "}, "input-invalid"),
        ({"name": ""}, "input-invalid"),
        ({"done": "a\x00"}, "text-invalid"),
        ({"state": "closed"}, "input-invalid"),
        ({"photos": ["0" * 64]}, "input-invalid"),
        ({"photos": ["x"]}, "input-invalid"),
        ({"photos": ["0" * 64] * 10}, "input-invalid"),
    ],
)
def test_a_faulty_reply_does_not_use_the_link_up(unit: Unit, change: dict[str, Any], code: str) -> None:
    assert problem(unit.reply(**change)) == (422, code)
    assert unit.reply().status_code == 200


def test_a_link_takes_no_more_photos_than_two_replies_would_have(unit: Unit) -> None:
    answers = [unit.photo(jpeg(size=(8 + n, 8))) for n in range(unit_replies.MOST_RECEIVED + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert problem(answers[-1]) == (413, "too-large")


def test_an_unknown_link_is_refused_before_the_body_is_looked_at_and_guessing_is_slowed_down(
    client: FlaskClient,
) -> None:
    guess = Unit(client, "guess")
    for answer in (guess.photo(b"not a picture"), guess.reply(done=None), guess.picture("0" * 64)):
        assert problem(answer) == (403, "link-invalid")
    statuses = [guess.look().status_code for _ in range(40)]
    assert (statuses[0], statuses[-1]) == (403, 429)


# what is kept --------------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_links_are_audited_without_names_and_replies_are_kept_as_they_came(
    server: Server, dispatched: str, unit: Unit, handler: Desk
) -> None:
    unit.look(), unit.look()
    assert unit.reply().status_code == 200
    handler.unit_link(dispatched)
    assert handler.send("DELETE", f"/findings/{dispatched}/unit-link").status_code == 204
    with server.app.app_context():
        with writing() as session:
            events = session.scalars(
                select(AuditEvent).where(AuditEvent.action.startswith("unit-link")).order_by(AuditEvent.n)
            ).all()
            assert [event.action.removeprefix("unit-link.") for event in events] == [
                "make", "open", "use", "make", "revoke",
            ]  # fmt: skip
            assert not any("张三" in str(event.details) or "公司" in str(event.details) for event in events)
            hashes = session.scalars(select(UnitLink.token_sha256)).all()
            assert unit.headers["X-Unit-Link"] not in hashes
        with pytest.raises(DBAPIError), writing() as session:
            session.execute(update(UnitReply).values(done="什么也没做"))
        with pytest.raises(DBAPIError), writing() as session:
            session.execute(text("DELETE FROM unit_reply"))
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(update(UnitLink).values(ended_at=None, ending=None))
