"""Bad batches: gaps, forks, repeats and bodies that are too large or no batch are refused or answered as they were."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.backend.op_bodies import body, report_args, sha
from tests.stories import Phone, Server


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


@pytest.mark.both_databases
def test_a_gap_stores_nothing_and_says_what_comes_next(phone: Phone, server: Server) -> None:
    first = body(phone, 1, None)
    answer = phone.push_bodies(first, body(phone, 3, sha(first)))
    assert (answer.status, answer.code, answer.json()["expected_n"]) == (
        409,
        "stream-gap",
        1,
    )  # nothing of the batch was stored
    assert server.op_bodies() == []


@pytest.mark.both_databases
def test_the_same_number_with_other_bytes_is_a_fork(phone: Phone, server: Server) -> None:
    first = body(phone, 1, None)
    phone.push_bodies(first)
    answer = phone.push_bodies(body(phone, 1, None))
    assert (answer.status, answer.code) == (409, "stream-fork")
    answer = phone.push_bodies(body(phone, 2, "00" * 32))
    assert (answer.status, answer.code) == (409, "stream-fork")
    assert server.op_bodies() == [first.encode()]


@pytest.mark.both_databases
def test_a_replay_is_answered_with_its_stored_result_and_does_nothing(phone: Phone, server: Server) -> None:
    first = body(phone, 1, None)
    then = phone.push_bodies(first).json()["results"][0]
    again = phone.push_bodies(first).json()["results"][0]
    assert (then["replay"], again["replay"]) == (False, True)
    assert {**then, "replay": True, "receipt": None} == {**again, "receipt": None}
    assert len(server.findings()) == 1


@pytest.mark.both_databases
def test_a_reused_op_id_is_rejected_and_its_bytes_are_kept(phone: Phone, server: Server) -> None:
    first = body(phone, 1, None)
    second = body(phone, 2, sha(first), id=json.loads(first)["id"])
    results = phone.push_bodies(first, second).json()["results"]
    assert [one["status"] for one in results] == ["applied", "rejected"]
    assert results[1]["problem"]["code"] == "op-id-reused"
    assert server.op_bodies() == [first.encode(), second.encode()]
    assert len(server.findings()) == 1


def test_a_row_id_that_is_taken_is_rejected(phone: Phone, server: Server) -> None:
    first = body(phone, 1, None)
    second = body(phone, 2, sha(first), row=json.loads(first)["row"])
    results = phone.push_bodies(first, second).json()["results"]
    assert results[1]["problem"]["code"] == "row-exists"
    assert len(server.findings()) == 1


def test_an_op_of_another_devices_stream_is_refused(phone: Phone, server: Server) -> None:
    other = server.phone("mo")
    answer = phone.push_bodies(body(other, 1, None))
    assert (answer.status, answer.code) == (404, "stream-unknown")
    mixed = phone.push_bodies(body(phone, 1, None), body(other, 1, None))
    assert (mixed.status, mixed.code) == (404, "stream-unknown")
    assert server.op_bodies() == []


@pytest.mark.parametrize(
    "request_body",
    [
        b"",
        b"[]",
        b'{"ops": 5}',
        b'{"ops": [5]}',
        b'{"ops": [{"body": 5}]}',
        b"{broken",
        b'{"ops": [{"body": "{}", "sig": 1}]}',
    ],
)
def test_an_envelope_that_makes_no_sense_is_refused(phone: Phone, request_body: bytes) -> None:
    answer = phone.raw("POST", "/api/v1/sync/push", request_body)
    assert answer.status == 422
    assert answer.code in ("batch-invalid", "op-unreadable")
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_than_200_ops_or_one_mib_are_refused_with_the_limit(phone: Phone) -> None:
    answer = phone.push_bodies(*["{}"] * 201)
    assert (answer.status, answer.code, answer.json()["limit"]) == (413, "batch-too-large", 200)
    answer = phone.push_bodies(*["x" * 600_000] * 2)
    assert (answer.status, answer.code, answer.json()["limit"]) == (413, "batch-too-large", 1024 * 1024)


def test_a_device_halves_a_batch_that_is_too_large(phone: Phone) -> None:
    server = phone.device.storage.get("meta", "server")
    assert server is not None
    server["limits"]["batch_ops"] = 500
    phone.device.storage.write([("meta", "server", server)])
    for _ in range(250):
        phone.report()
    report = phone.sync()
    assert (report.trouble, report.acknowledged) == (None, 250)


def test_gzip_is_taken_and_a_bomb_is_not(phone: Phone) -> None:
    ops = {"ops": [{"body": body(phone, 1, None), "sig": None}]}
    packed = gzip.compress(json.dumps(ops).encode())
    answer = phone.raw("POST", "/api/v1/sync/push", packed, **{"Content-Encoding": "gzip"})
    assert answer.json()["results"][0]["status"] == "applied"
    bomb = gzip.compress(b" " * (200 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    answer = phone.raw("POST", "/api/v1/sync/push", bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.code) == (413, "batch-too-large")
    answer = phone.raw("POST", "/api/v1/sync/push", packed[:-9], **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.code) == (422, "batch-invalid")


def test_an_op_over_256_kib_is_kept_and_held(phone: Phone, server: Server) -> None:
    text = body(phone, 1, None, args=report_args(phone, padding="x" * 300_000))
    result = phone.push_bodies(text).json()["results"][0]
    assert (result["status"], result["problem"]["code"]) == ("held", "op-too-large")
    assert server.op_bodies() == [text.encode()]
