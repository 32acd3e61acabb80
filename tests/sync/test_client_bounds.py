"""A server at odds with itself: the device stops after a few rounds and says so, and a long way is no such thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sync.client import MAX_FRUITLESS, MAX_RESYNCS
from sync.device_ports import Answer
from tests.stories import InProcess, Phone, Server


class Altering(InProcess):
    """The real server, whose answers to one path are changed on their way."""

    def __init__(self, real: InProcess, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(real.app)
        self.path, self.change, self.asked = path, change, 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = super().send(method, path, headers, body)
        if not path.startswith(self.path) or answer.status != 200:
            return answer
        self.asked += 1
        said = answer.json()
        self.change(said)
        return Answer(answer.status, answer.headers, json.dumps(said).encode())


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


def altering(phone: Phone, path: str, change: Callable[[dict[str, Any]], None]) -> Altering:
    phone.device.transport = transport = Altering(phone.transport, path, change)
    return transport


def test_a_digest_that_never_agrees_is_shown_with_its_scope_after_a_few_rounds(phone: Phone) -> None:
    """Guards MAX_RESYNCS in client.pull."""

    def wrong(said: dict[str, Any]) -> None:
        if said["digests"]:
            said["digests"]["area:450206"] = {"n": 1, "x": "00" * 16}

    finding = phone.report()
    transport = altering(phone, "/api/v1/sync/pull", wrong)
    report = phone.sync()
    assert report.trouble == "the mirror does not agree with the server in area:450206"
    assert transport.asked == MAX_RESYNCS
    assert phone.device.outbox.pending() == []  # what was to go up went up
    assert phone.device.mirror.row("finding", finding) is not None


def test_two_servers_behind_one_address_do_not_keep_a_device_busy_for_ever(phone: Phone) -> None:
    """Each answer of another epoch makes everything unsent again. Guards MAX_FRUITLESS in client.push."""
    turns = iter(range(10**6))
    finding = phone.report()
    transport = altering(phone, "/api/v1/sync/push", lambda said: said.update(epoch=f"e{next(turns)}"))
    report = phone.sync()
    assert report.trouble == "the outbox did not empty"
    assert transport.asked == MAX_FRUITLESS
    phone.device.transport = phone.transport
    assert phone.sync().quiet
    assert phone.server.findings() == [finding]


def test_a_first_sync_of_more_pages_than_any_bound_goes_through(phone: Phone) -> None:
    """Guards that pages with rows on them are not counted."""
    findings = [phone.report() for _ in range(30)]
    assert phone.sync().quiet
    other = phone.server.phone("mo")
    real = other.device._pull_path
    other.device._pull_path = lambda again: (real(again) + ("&" if "?" in real(again) else "?")) + "limit=1"  # type: ignore[method-assign]
    report = other.sync()
    assert report.quiet
    assert report.pulled > max(MAX_RESYNCS, MAX_FRUITLESS)
    assert {str(row["id"]) for row in other.device.mirror.rows("finding")} == set(findings)


def test_a_page_that_leads_nowhere_again_and_again_is_given_up(phone: Phone) -> None:
    transport = altering(phone, "/api/v1/sync/pull", lambda said: said.update(complete=False, digests=None, entries=[]))
    assert phone.sync().trouble == "the mirror does not agree with the server"
    assert transport.asked == MAX_RESYNCS
