"""A push through the real app: each op gets its verdict, once."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.extensions import db
from backend.transactions import writing
from sync.device_ports import Json
from sync.ops import sha256_of
from tests.backend.handmade import Hand
from tests.stories import Phone, Server, new_id

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hand(server: Server) -> Hand:
    return Hand(server.phone())


def was_of(body: str) -> Json:
    op = json.loads(body)
    return {"stream": op["stream"], "id": op["id"], "sha256": sha256_of(body.encode())}


def another_stream(phone: Phone) -> str:
    answer = phone.raw("POST", "/api/v1/devices/streams", {"continues": phone.device.outbox.stream()["id"]})
    assert answer.status == 201
    return str(answer.json()["stream"])


def test_a_reported_finding_is_acknowledged_and_lands_in_its_cells(server: Server) -> None:
    phone = server.phone()
    finding = phone.report()
    report = phone.sync()
    assert report.quiet
    assert phone.last_result()["status"] == "applied"
    stored = server.finding(finding)
    assert stored is not None
    assert {cell.scheme for cell in stored.cells} == {"admin", "square-1000", "beidou"}
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert row["description"] == "裸土未覆盖"


def test_a_comment_that_comes_before_its_finding_is_held_and_then_told_of_its_release(server: Server) -> None:
    wei, qin = server.phone("wei"), server.phone("qin")
    finding = wei.report()
    qin.device.record("finding.comment", finding, {"text": "我也看到了", "photos": []})
    assert qin.sync().quiet
    assert qin.last_result()["problem"]["code"] == "parent-missing"
    assert wei.sync().quiet
    assert qin.sync().quiet
    assert qin.last_result()["status"] == "applied"
    (comment,) = wei_rows(wei, "comment")
    assert comment["finding"] == finding


def wei_rows(phone: Phone, type: str) -> list[Json]:
    assert phone.sync().quiet
    return list(phone.device.mirror.rows(type))


def test_a_reissued_op_applies_nothing_and_gets_the_stored_result(hand: Hand, server: Server) -> None:
    first = hand.op()
    assert hand.verdicts(first) == [("applied", None)]
    op = json.loads(first)
    new = Hand(hand.phone)
    new.stream = another_stream(hand.phone)
    again = new.op(row=op["row"], args=op["args"], was=was_of(first))
    assert new.verdicts(again) == [("applied", None)]
    newer = Hand(hand.phone)
    newer.stream = another_stream(hand.phone)
    nested = {**was_of(new.op(row=op["row"], args=op["args"])), "was": was_of(first)}  # never arrived
    assert newer.verdicts(newer.op(row=op["row"], args=op["args"], was=nested)) == [("applied", None)]
    assert server.findings() == [op["row"]]


def test_a_group_stands_together_over_two_streams(hand: Hand, server: Server) -> None:
    group = new_id()
    assert hand.verdicts(hand.op(group={"id": group, "i": 1, "of": 2})) == [("held", "group-incomplete")]
    assert server.findings() == []
    other = Hand(hand.phone)
    other.stream = another_stream(hand.phone)
    assert other.verdicts(other.op(group={"id": group, "i": 2, "of": 2})) == [("applied", None)]
    assert len(server.findings()) == 2


def test_a_member_that_makes_no_sense_rejects_its_group_and_nobody_else(hand: Hand, server: Server) -> None:
    group = new_id()
    good = hand.op(group={"id": group, "i": 1, "of": 2})
    bad = hand.op(group={"id": group, "i": 2, "of": 2}, args=hand.report(severity="terrible"))
    alone = hand.op()
    assert hand.verdicts(good, bad, alone) == [
        ("rejected", "group-rejected"),
        ("rejected", "args-invalid"),
        ("applied", None),
    ]
    assert server.findings() == [json.loads(alone)["row"]]


def test_two_hundred_ops_of_all_kinds_get_two_hundred_verdicts(hand: Hand, server: Server) -> None:
    kinds = [{}, {"cmd": "drone.fly"}, {"args": {}}, {"t": None}]
    bodies = [hand.op(**{"cmd": "finding.report", **kinds[i % 4]}) for i in range(200)]
    verdicts = [status for status, _ in hand.verdicts(*bodies)]
    assert verdicts == ["applied", "held", "rejected", "rejected"] * 50
    assert server.op_bodies() == [body.encode() for body in bodies]


REWRITES = (
    "UPDATE op SET body = 'x'",
    "UPDATE op SET sha256 = 'x'",
    "UPDATE op SET received_at = '2020-01-01 00:00:00'",
    "UPDATE op SET status = 'held'",
    "DELETE FROM op",
    "UPDATE audit_event SET action = 'x'",
    "DELETE FROM audit_event",
    "UPDATE entry SET seq = seq",
    "UPDATE entry SET seq = seq - 1",
    "UPDATE synced_row SET seq = 1",
    "UPDATE entry SET seq = 1000000",
    "UPDATE synced_row SET seq = 1000000",
    "INSERT INTO entry (scope, type, row_id, kind, seq) VALUES ('global', 'x', 'x', 'put', 1000000)",
    "UPDATE counter SET value = value - 1",
)


def test_the_database_itself_refuses_to_rewrite_history(hand: Hand, server: Server) -> None:
    """Guards the triggers of migration 0002, each by a statement that nothing else would stop."""
    assert hand.verdicts(hand.op()) == [("applied", None)]
    with server.app.app_context():
        for statement in REWRITES:
            with pytest.raises(DBAPIError), writing() as session:
                session.execute(text(statement))
        db.session.remove()


AWKWARD = {
    "infinity": '{"a": 1e999}',
    "beyond 64 bits": '{"a": 1' + "0" * 400 + "}",
    "900 deep": "[" * 900 + "]" * 900,
    "bad text in a key": '{"\\u0000": "\\ud800"}',
}


def test_no_value_within_an_op_breaks_a_push(hand: Hand, server: Server) -> None:
    """Guards text.unfit and text.clean; what is kept must fit both databases and orjson."""
    bodies = []
    for awkward in AWKWARD.values():
        body = hand.op(args=hand.report(extra="AWKWARD")).replace('"AWKWARD"', awkward)
        hand.prev = sha256_of(body.encode())
        bodies += [body, hand.op()]
    statuses = [status for status, _ in hand.verdicts(*bodies)]
    assert statuses == ["rejected", "applied"] * 3 + ["applied", "applied"]
    assert server.op_bodies() == [body.encode() for body in bodies]


def test_a_signature_that_nobody_asked_for_may_hold_anything(hand: Hand) -> None:
    """Guards the cleaned `sig` in ops.read_envelope: PostgreSQL takes no NUL."""
    ops = {"ops": [{"body": hand.op(), "sig": "\x00\ud800"}]}
    assert hand.phone.raw("POST", "/api/v1/sync/push", ops).json()["results"][0]["status"] == "applied"


def test_an_op_of_almost_one_mib_is_kept_though_its_escapes_make_the_request_larger(hand: Hand) -> None:
    """Guards _one_op in api.sync: a single op cannot be halved, so it must not be refused for ever."""
    body = hand.op(args=hand.report(padding='"' * 500_000))
    assert len(body) < 1024 * 1024 < len(json.dumps(body))
    assert hand.verdicts(body) == [("held", "op-too-large")]
    too_large = hand.op(args=hand.report(padding="x" * 1024 * 1024))
    answer = hand.push(too_large)
    assert (answer.status, answer.json()["limit"]) == (413, 1024 * 1024)


def test_an_empty_batch_tells_how_far_the_backup_and_the_stream_are(hand: Hand) -> None:
    hand.push(hand.op())
    said = hand.push().json()
    assert (said["results"], said["expected_n"], said["backed_up_seq"]) == ([], 2, 0)


def test_results_rise_with_their_ops_and_are_above_all_their_effects(hand: Hand, server: Server) -> None:
    results = hand.push(*(hand.op() for _ in range(70))).json()["results"]
    seqs = [one["seq"] for one in results]
    assert seqs == sorted(set(seqs))
    with server.app.app_context():
        highest = db.session.execute(text("SELECT max(seq) FROM entry")).scalar_one()
        db.session.remove()
    assert seqs[-1] == highest
