"""Web hooks and group robots, with real receivers on loopback: signed, tried again, paused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from backend.jobs import hook_rounds, work
from backend.models import Job, WebHook
from backend.services import hook_queue
from backend.transactions import writing
from backend.web_hooks.messages import WECOM_BYTES, Message, Receiver, message
from backend.web_hooks.posting import Patience, Reply, post
from tests.backend.desks import House
from tests.backend.hooks import deliveries, happen, hook, state_of
from tests.backend.receivers import Answering, drips, hangs, receiving, says
from tests.backend.serving import PATIENCE_S

TAKEN = says(200, {"errcode": 0, "errmsg": "ok"})


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    return house.desk("luo")


@pytest.fixture
def wei(house):
    """An inspector who is given tasks: each is one event."""
    return house.desk("wei", "inspector")


def test_an_event_is_sent_once_signed_and_names_nobody(house, boss, luo, wei):
    with receiving(says(204)) as receiver:
        happen(luo, wei)  # before there was a hook
        made = hook(boss, receiver.url)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
        assert house.run("tell-hooks") == {"sent": 0, "failed": 0}
    ((_, headers, body),) = receiver.got
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(house.server.time.now().timestamp())
    (said,) = receiver.bodies()
    assert (said["type"], said["data"]["cell"]["code"]) == ("task-given", "450206")
    assert "张三" not in body.decode()
    assert wei.user_id not in body.decode()
    (delivery,) = deliveries(boss, made["id"])
    assert (delivery["id"], delivery["state"], delivery["attempts"]) == (headers["webhook-id"], "delivered", 1)
    assert delivery["last_status"] == 204


def test_signature_of_the_published_example():
    """The example of the Standard Webhooks specification, so that others' libraries verify what is sent."""
    from backend.web_hooks.messages import signature

    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    said = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_failed_one_is_tried_again_later_with_the_same_id(house, boss, luo, wei):
    with receiving(says(500, {"error": "later"}), says(200)) as receiver:
        made = hook(boss, receiver.url)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        (failed,) = deliveries(boss, made["id"])
        assert (failed["state"], failed["last_status"], "later" in failed["last_answer"]) == ("waiting", 500, True)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 0}  # its time has not come
        house.later(minutes=1)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
    assert receiver.got[0][1]["webhook-id"] == receiver.got[1][1]["webhook-id"]
    assert receiver.got[0][2] == receiver.got[1][2]
    assert state_of(boss, made["id"])["failing_since"] is None


class LastOfAll:
    """A watch that cuts off who says nothing once all were heard and the others are through, be it ever so late."""

    def __init__(self, others: int, heard: list[threading.Event]) -> None:
        self.others, self.heard = others, heard
        self.lock, self.ended = threading.Lock(), 0
        self.through = threading.Event()
        self.held_up = False

    def __call__(self, _seconds: float, cut: Callable[[], None]) -> Callable[[], None]:
        ended = threading.Event()

        def look() -> None:
            if not all(event.wait(PATIENCE_S) for event in (*self.heard, self.through)):
                self.held_up = True
            if not ended.is_set():
                cut()

        def end() -> None:
            ended.set()
            with self.lock:
                self.ended += 1
                if self.ended == self.others:
                    self.through.set()

        threading.Thread(target=look, daemon=True).start()
        return end


def noting(heard: threading.Event, answer: Answering) -> Answering:
    def noted(request: BaseHTTPRequestHandler) -> None:
        heard.set()
        answer(request)

    return noted


def test_one_that_hangs_or_drips_is_cut_off_and_holds_up_no_other(house, boss, luo, wei, monkeypatch):
    heard = [threading.Event(), threading.Event()]
    watch = LastOfAll(2, heard)
    monkeypatch.setattr(hook_rounds, "PATIENCE", Patience(watch=watch))
    with (
        receiving(noting(heard[0], hangs)) as silent,
        receiving(noting(heard[1], drips)) as slow,
        receiving(says(200)) as good,
    ):
        made = {each.url: hook(boss, each.url)["id"] for each in (silent, slow, good)}
        happen(luo, wei, times=2)
        assert house.run("tell-hooks") == {"sent": 2, "failed": 2}
        assert not watch.held_up
        for bad in (silent, slow):
            later, first = deliveries(boss, made[bad.url])
            assert (first["last_status"], "no answer within" in first["last_answer"]) == (None, True)
            assert (len(bad.got), later["attempts"]) == (1, 0)  # after the first failure the rest waits
    assert len(good.got) == 2


@pytest.mark.parametrize("answer", [hangs, drips])
def test_the_clock_cuts_off_who_never_comes_to_an_end(answer):
    with receiving(answer) as receiver:
        reply = post("standard", Message(receiver.url, {}, b"{}"), private=True, patience=Patience(total_s=0.1))
    assert reply == Reply(False, None, "no answer within 0.1 s")


def test_a_redirect_is_not_followed(house, boss, luo, wei):
    with receiving(says(200)) as inner, receiving(says(307, Location=inner.url)) as outer:
        made = hook(boss, outer.url)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        (failed,) = deliveries(boss, made["id"])
        assert (failed["last_status"], failed["state"], inner.got) == (307, "waiting", [])


def test_after_the_last_attempt_it_rests_until_somebody_sends_it_again(house, boss, luo, wei):
    with receiving(*[says(503)] * 7, says(200)) as receiver:
        made = hook(boss, receiver.url)
        happen(luo, wei)
        for wait in (*hook_queue.BACK_OFF, None):
            assert house.run("tell-hooks")["failed"] == 1
            if wait is not None:
                house.later(seconds=wait.total_seconds())
        (rested,) = deliveries(boss, made["id"])
        assert (rested["state"], rested["attempts"], rested["next_at"]) == ("failed", 7, None)
        house.later(days=1)
        assert house.run("tell-hooks")["failed"] == 0
        answer = boss.send("POST", f"/web-hooks/{made['id']}/deliveries/{rested['id']}/send")
        assert (answer.status_code, answer.json["state"]) == (202, "waiting")
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


@pytest.mark.both_databases
def test_one_that_fails_for_three_days_is_paused_said_so_and_goes_on_where_it_stopped(house, boss, luo, wei):
    with receiving(*[says(500)] * 2, says(200)) as receiver:
        made = hook(boss, receiver.url)
        happen(luo, wei)
        house.run("tell-hooks")
        house.later(days=3)
        assert house.run("tell-hooks")["failed"] == 1
        assert state_of(boss, made["id"])["state"] == "paused"
        (told,) = boss.told("hook-paused")
        assert "市指挥中心" in told["text"]["zh-CN"]
        assert luo.told("hook-paused") == []
        happen(luo, wei)
        house.later(days=1)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 0}
        rev = state_of(boss, made["id"])["rev"]
        assert boss.send("PATCH", f"/web-hooks/{made['id']}", rev=rev, state="active").status_code == 200
        assert house.run("tell-hooks") == {"sent": 2, "failed": 0}  # the one that failed, and what came meanwhile


def test_one_that_was_off_begins_with_what_comes_then(house, boss, luo, wei):
    with receiving(says(200)) as receiver:
        made = hook(boss, receiver.url)
        assert boss.send("PATCH", f"/web-hooks/{made['id']}", rev=1, state="off").status_code == 200
        happen(luo, wei)
        assert boss.send("PATCH", f"/web-hooks/{made['id']}", rev=1, state="active").json["code"] == "revision-stale"
        assert boss.send("PATCH", f"/web-hooks/{made['id']}", rev=2, state="active").status_code == 200
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}


def test_a_hook_hears_of_its_kinds_and_cells_alone(house, boss, luo, wei):
    with receiving(says(200)) as near, receiving(says(200)) as far, receiving(says(200)) as other:
        hook(boss, near.url, cells=["450206"])
        hook(boss, far.url, cells=["450202"])
        hook(boss, other.url, kinds=["hop-given"])
        happen(luo, wei)
        house.run("tell-hooks")
        assert [len(each.got) for each in (near, far, other)] == [1, 0, 0]


def test_a_wecom_robot_gets_markdown_and_its_errcode_counts(house, boss, luo, wei):
    with receiving(says(200, {"errcode": 45009, "errmsg": "api freq out of limit"}), TAKEN) as robot:
        made = hook(boss, robot.url, form="wecom")
        assert (made["secret"], "robot-key" in str(made)) == (None, False)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        assert "45009" in deliveries(boss, made["id"])[0]["last_answer"]
        house.later(minutes=1)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
    path, _, _ = robot.got[0]
    assert parse_qs(urlsplit(path).query) == {"key": ["robot-key"]}
    said = robot.bodies()[1]
    assert said["msgtype"] == "markdown"
    assert "2026-12-01 18:00" in said["markdown"]["content"]
    assert "张三" not in str(said)


def test_a_dingtalk_robot_is_signed_in_the_address(house, boss, luo, wei):
    with receiving(TAKEN) as robot:
        made = hook(boss, robot.url, form="dingtalk", secret="SECabc", language="en")
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
    ((path, _, _),) = robot.got
    query = parse_qs(urlsplit(path).query)
    (stamp,) = query["timestamp"]
    assert int(stamp) == int(house.server.time.now().timestamp() * 1000)
    expected = hmac.new(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(expected).decode()]
    (said,) = robot.bodies()
    assert (said["markdown"]["title"], "new task" in said["markdown"]["text"]) == ("New task", True)
    assert made["secret"] == "SECabc"


def test_a_long_message_for_wecom_is_cut_between_characters():
    content = {"kind": "x", "title": {"zh-CN": "长"}, "text": {"zh-CN": "灰" * 3000}}
    sent = message(Receiver("wecom", "http://x", None, "zh-CN"), "1", content, None)  # type: ignore[arg-type]
    import json

    text = json.loads(sent.body)["markdown"]["content"]
    assert WECOM_BYTES - 3 < len(text.encode()) <= WECOM_BYTES
    assert text.endswith("灰")


def test_secrets_are_shown_once_and_kept_sealed(house, boss, luo, wei, session):
    with receiving(says(200)) as receiver:
        made = hook(boss, receiver.url)
        kept = session.scalars(select(WebHook)).one()
        for secret in (made["secret"], "robot-key"):
            assert secret not in f"{kept.sealed} {kept.shown_url} {boss.get('/web-hooks').text}"
        renewed = boss.send("POST", f"/web-hooks/{made['id']}/secret").json["secret"]
        assert renewed != made["secret"]
        happen(luo, wei)
        house.run("tell-hooks")
    ((_, headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(renewed.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_another_secret_of_the_house_is_said_so_and_nothing_is_sent(house, boss, luo, wei):
    with receiving(says(200)) as receiver:
        made = hook(boss, receiver.url)
        happen(luo, wei)
        extensions = house.server.app.extensions
        extensions["bluegrid.settings"] = replace(extensions["bluegrid.settings"], secret_key="another one")
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        assert "BLUEGRID_SECRET_KEY" in deliveries(boss, made["id"])[0]["last_answer"]
        assert receiver.got == []
        renewed = boss.send("POST", f"/web-hooks/{made['id']}/secret")
        moved = boss.send("PATCH", f"/web-hooks/{made['id']}", rev=1, url=receiver.url)
        assert [answer.json["code"] for answer in (renewed, moved)] == ["input-invalid"] * 2


@pytest.mark.both_databases
def test_a_test_message_names_the_hook_alone_is_tried_once_and_says_how_it_went(house, boss, session):
    with receiving(says(200), says(500)) as receiver:
        made = hook(boss, receiver.url, form="standard")
        sent = boss.send("POST", f"/web-hooks/{made['id']}/test")
        assert (sent.status_code, sent.json["kind"], sent.json["state"]) == (202, "hook-test", "waiting")
        assert session.scalars(select(Job).where(Job.kind == "tell-hooks", Job.state == "asked")).all()
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
        boss.send("POST", f"/web-hooks/{made['id']}/test")
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        house.later(days=4)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 0}
    (said, _) = receiver.bodies()
    assert (said["type"], said["data"]["text"]["zh-CN"]) == ("hook-test", "这是推送「市指挥中心」的测试消息。")
    assert [each["state"] for each in deliveries(boss, made["id"])] == ["failed", "delivered"]
    assert (state_of(boss, made["id"])["state"], state_of(boss, made["id"])["failing_since"]) == ("active", None)


def test_a_hook_that_is_off_is_sent_no_test_and_one_that_is_removed_is_gone(house, boss, luo, wei, time):
    with receiving(says(200)) as receiver:
        made = hook(boss, receiver.url)
        boss.send("PATCH", f"/web-hooks/{made['id']}", rev=1, state="off")
        refused = boss.send("POST", f"/web-hooks/{made['id']}/test")
        assert (refused.status_code, refused.json["code"], refused.json["field"]) == (422, "input-invalid", "state")
        other = hook(boss, receiver.url)
        happen(luo, wei)
        with house.server.app.app_context():
            with writing() as session:
                hook_queue.look(session, time.now(), lambda: "2" * 36)
            with writing() as session:
                (errand,) = hook_queue.take_up(session, time.now())
            for each in (made, other):
                assert boss.send("DELETE", f"/web-hooks/{each['id']}").status_code == 204
            with writing() as session:  # the round that was under way ends
                hook_queue.note(session, errand.hook_id, [(errand.parcels[0].id, Reply(True, 200, ""))], time.now())
        assert boss.get("/web-hooks").json == []
        assert boss.send("DELETE", f"/web-hooks/{made['id']}").status_code == 404


@pytest.mark.both_databases
def test_a_round_that_was_killed_before_its_replies_were_noted_is_done_again(house, boss, luo, wei, time):
    with receiving(says(200)) as receiver:
        hook(boss, receiver.url)
        happen(luo, wei)
        with house.server.app.app_context():
            with writing() as session:
                hook_queue.look(session, time.now(), lambda: "1" * 36)
            with writing() as session:
                assert len(hook_queue.take_up(session, time.now())) == 1
            with writing() as session:
                assert hook_queue.take_up(session, time.now()) == []  # nobody else meanwhile
        assert house.run("tell-hooks") == {"sent": 0, "failed": 0}
        house.later(seconds=hook_queue.BUSY.total_seconds())
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}


def test_the_clockwork_asks_for_a_round_only_when_something_waits(house, boss, luo, wei, session):
    def asked() -> int:
        with house.server.app.app_context():
            work.ask_when_due()
        session.rollback()
        return len(session.scalars(select(Job).where(Job.kind == "tell-hooks", Job.state == "asked")).all())

    with receiving(says(200)) as receiver:
        assert asked() == 0
        hook(boss, receiver.url)
        assert asked() == 0
        happen(luo, wei)
        assert asked() == 1
        assert asked() == 1


def test_a_digest_is_sent_once_a_day_for_the_hooks_own_cells(house, boss, luo, time):
    with receiving(TAKEN) as robot:
        hook(boss, robot.url, form="wecom", kinds=["digest"], cells=["450206"])
        time.at = time.at.replace(day=24, hour=1)
        assert house.run("daily-digest") == {"told": 2}  # luo and the robot
        assert house.run("daily-digest") == {"told": 0}
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
        assert "2026-11-24" in robot.bodies()[0]["markdown"]["content"]
