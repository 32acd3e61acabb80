"""Several devices at once: no deadlock, no lost number, and no pull that passes what is not yet committed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from sync.device_ports import Json
from tests.backend.handmade import Hand
from tests.stories import Phone, Server, new_id

pytestmark = pytest.mark.both_databases


def together(*acts: Callable[[], None]) -> None:
    """Run at the same time; the first failure of any is raised here."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        try:
            start.wait(30)
            act()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "somebody waits for ever"
    if failures:
        raise failures[0]


def test_a_pull_beside_pushes_misses_nothing(server: Server) -> None:
    """I4. Guards lock_counter before any write, and the head read in the snapshot of the rows."""
    writers = [server.phone(name) for name in ("a", "b", "c")]
    reader = server.phone("reader")
    done = threading.Event()
    left = [len(writers)]

    def write(phone: Phone) -> Callable[[], None]:
        def act() -> None:
            hand = Hand(phone)
            for _ in range(8):
                answer = hand.push(*(hand.op() for _ in range(3)))
                assert answer.status == 200
                assert [one["status"] for one in answer.json()["results"]] == ["applied"] * 3
            left[0] -= 1
            if left[0] == 0:
                done.set()

        return act

    pulled: set[str] = set()

    def read() -> None:
        cursor = ""
        last_round = False
        while True:
            last_round = done.is_set()
            page: Json = reader.raw("GET", f"/api/v1/sync/pull?limit=7{cursor}").json()
            cursor = f"&cursor={page['cursor']}"
            for entry in page["entries"]:
                if entry["type"] == "finding":
                    assert entry["id"] not in pulled
                    pulled.add(entry["id"])
            if last_round and page["complete"]:
                return

    together(read, *(write(phone) for phone in writers))
    assert pulled == set(server.findings())
    assert len(pulled) == 72


def test_two_equal_pushes_at_once_have_one_effect(server: Server) -> None:
    """Guards the lock on the stream: the second push waits, and then sees replays."""
    hand = Hand(server.phone())
    bodies = [hand.op() for _ in range(20)]
    answers: list[Json] = []
    together(*[lambda: answers.append(hand.push(*bodies).json())] * 3)
    assert len(server.findings()) == 20
    replays = sorted(all(one["replay"] for one in answer["results"]) for answer in answers)
    assert replays == [False, True, True]
    strip = [[{**one, "replay": None, "receipt": None} for one in answer["results"]] for answer in answers]
    assert strip[0] == strip[1] == strip[2]


def test_comments_and_findings_of_each_other_cross_without_a_deadlock(server: Server) -> None:
    """Each releases held ops of the other's stream, under the counter and no second stream lock."""
    hands = [Hand(server.phone(name)) for name in ("a", "b")]
    rows = [[new_id() for _ in range(12)] for _ in hands]

    def act(me: int) -> Callable[[], None]:
        def run() -> None:
            for mine, theirs in zip(rows[me], rows[1 - me], strict=True):
                hand = hands[me]
                comment = hand.op("finding.comment", row=theirs, args={"text": "见", "photos": []})
                assert hand.push(comment, hand.op(row=mine)).status == 200

        return run

    together(act(0), act(1))
    assert len(server.findings()) == 24
    for hand in hands:
        page = hand.phone.raw("GET", "/api/v1/sync/pull").json()
        results = [entry["row"] for entry in page["entries"] if entry["type"] == "op_result"]
        assert {row["status"] for row in results} == {"applied"}
        assert len([entry for entry in page["entries"] if entry["type"] == "comment"]) >= 12
