"""More pushes and uploads at once than a process takes: told to come again, and everybody else is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend import failpoints
from backend.api import overload
from tests.stories import Server, jpeg


@contextmanager
def full_house(server: Server) -> Iterator[None]:
    gate = server.app.extensions[overload.EXTENSION]
    places = 0
    while gate.acquire(blocking=False):
        places += 1
    yield
    for _ in range(places):
        gate.release()


def places_of(server: Server) -> int:
    return server.app.extensions[overload.EXTENSION]._value


def test_a_push_too_many_is_told_to_come_again_and_loses_nothing(server: Server):
    phone = server.phone()
    phone.report()
    with full_house(server):
        answer = phone.raw("POST", "/api/v1/sync/push", {"ops": []})
        assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (503, "overloaded", "5")
        phone.sync()
        assert len(phone.device.outbox.pending()) == 1
        assert phone.raw("GET", "/healthz").status == 200
        assert phone.raw("GET", "/api/v1/sync/pull").status == 200
    phone.sync()
    assert len(server.findings()) == 1


def test_a_photo_too_many_goes_up_afterwards(server: Server):
    phone = server.phone()
    sha256 = phone.device.capture(jpeg())
    finding = phone.report(photos=[sha256])
    with full_house(server):
        phone.sync()
    assert server.findings() == []
    phone.sync()
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert [photo["stored"] for photo in row["photos"]] == [True]


@pytest.mark.parametrize("body", [b"no json", b'{"ops": []}'])
def test_a_place_is_given_back_however_a_request_ends(server: Server, body: bytes):
    phone = server.phone()
    before = places_of(server)
    for _ in range(before + 2):
        assert phone.raw("POST", "/api/v1/sync/push", body).status in (200, 422)
    assert places_of(server) == before


def test_a_place_is_given_back_after_a_fault_of_our_own(server: Server):
    phone = server.phone()
    phone.report()
    before = places_of(server)

    def fail() -> None:
        raise ZeroDivisionError

    server.app.config["PROPAGATE_EXCEPTIONS"] = False
    failpoints.arm("push-before-commit", fail)
    phone.sync()
    assert places_of(server) == before
    phone.sync()
    assert len(server.findings()) == 1
