"""Comments written at the console: seen on phones, said once, by whom they concern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.models import AuditEvent, Comment
from backend.transactions import reading
from tests.backend.desks import Desk, House
from tests.stories import Phone, Server, jpeg, new_id


@pytest.fixture
def house(server: Server, client: FlaskClient) -> House:
    return House(server, client)


@pytest.fixture
def luo(house: House) -> Desk:
    return house.desk("luo")


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei")


@pytest.fixture
def finding(wei: Phone) -> str:
    found = wei.report()
    wei.sync()
    return found


Say = Callable[..., Any]


@pytest.fixture
def say(finding: str) -> Say:
    def say(who: Desk, text: str = "请补一张近照", **more: Any) -> Any:
        return who.send("POST", f"/findings/{finding}/comments", text=text, **more)

    return say


@pytest.mark.both_databases
def test_what_a_supervisor_says_is_on_the_finding_and_on_the_phone(luo, wei, finding, say):
    answer = say(luo)
    assert answer.status_code == 201, answer.json
    (shown,) = luo.get(f"/findings/{finding}").json["comments"]
    assert shown == answer.json
    assert (shown["text"], shown["by"], shown["author"]["name"]) == ("请补一张近照", luo.user_id, "luo")
    wei.sync()
    (row,) = wei.device.mirror.rows("comment")
    assert (row["id"], row["finding"], row["text"]) == (shown["id"], finding, "请补一张近照")


@pytest.mark.both_databases
def test_a_comment_sent_again_after_a_lost_answer_is_said_once(luo, finding, say):
    once = new_id()
    assert say(luo, once=once).json == say(luo, once=once).json
    assert len(luo.get(f"/findings/{finding}").json["comments"]) == 1
    other = say(luo, "别的话", once=once)
    assert (other.status_code, other.json["field"]) == (422, "once")


def test_two_people_may_choose_the_same_key(house, luo, finding, say):
    once = new_id()
    say(luo, once=once)
    assert say(house.desk("boss", "admin"), once=once).status_code == 201
    assert len(luo.get(f"/findings/{finding}").json["comments"]) == 2


def test_a_comment_shows_the_photos_that_its_writer_may_see(server, house, luo, wei, finding, say):
    sha256 = wei.device.capture(jpeg())
    wei.device.record("finding.comment", finding, {"text": "见图", "photos": [sha256]})
    wei.sync()
    stranger = "f" * 64
    shown = say(luo, photos=[sha256, stranger]).json["photos"]
    assert {photo["sha256"]: photo["stored"] for photo in shown} == {sha256: True, stranger: False}


def test_who_sees_no_such_finding_cannot_comment_on_it(house, say):
    assert say(house.desk("far", grants=("450802",))).status_code == 404


def test_an_office_comments_while_it_has_the_finding_and_no_longer(house, luo, finding, say):
    boss = house.desk("boss", "admin")
    offices = [
        boss.send("POST", "/offices", code=code, name=code, kind="department").json["id"] for code in ("ZJ", "JT")
    ]
    handler = house.desk("pan", "handler", office=offices[0])
    luo.walk(finding, "submitted", "verified", "registered", "dispatched", office=offices[0])
    assert say(handler, "已通知施工方").status_code == 201
    luo.send("POST", f"/findings/{finding}/pass", office=offices[1], note="归口")
    refused = say(handler, "还有一句")
    assert (refused.status_code, refused.json["code"]) == (403, "step-not-yours")


def test_a_comment_stands_in_the_audit_trail_without_its_words(server, luo, finding, say):
    comment = say(luo).json["id"]
    with server.app.app_context(), reading() as session:
        (event,) = session.query(AuditEvent).where(AuditEvent.action == "finding.comment").all()
        assert (event.actor_id, event.subject, event.details) == (luo.user_id, finding, {"comment": comment})


@pytest.mark.parametrize("text", ["", "  \n", "字" * 4001, "空\x00"])
def test_a_comment_needs_words_that_can_be_kept(server, luo, say, text):
    assert say(luo, text).status_code == 422
    with server.app.app_context(), reading() as session:
        assert session.query(Comment).count() == 0
