"""A push writes its rows many at a time: nobody can tell, whatever goes wrong in the middle of a batch."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from backend.extensions import db
from backend.models import Entry, FieldWrite, Finding, FindingCell, Mention, ScopeDigest, SyncedRow
from backend.services import numbering, publishing
from sync import digest
from tests.backend.handmade import Hand
from tests.stories import Server, new_id

pytestmark = pytest.mark.both_databases
HASHES = ["ab" * 32, "cd" * 32]


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Every statement that the database is sent."""
    said: list[str] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", on_statement)
    yield said
    event.remove(engine, "before_cursor_execute", on_statement)


def photo(hand: Hand, finding: str, sha256: str, **more: Any) -> str:
    about = {"sha256": sha256, "size": 10, "media_type": "image/jpeg", "source": "camera", "role": "scene"}
    at = hand.phone.clock.now().isoformat()
    subject = {"type": "finding", "id": finding}
    return hand.op("photo.add", args={**about, "captured_at": at, "subject": subject, **more})


def documents(server: Server, type: str) -> dict[str, Any]:
    """Rows as devices see them."""
    with server.app.app_context():
        rows = db.session.execute(select(SyncedRow.row_id, SyncedRow.content).where(SyncedRow.type == type)).all()
        db.session.remove()
    return {row_id: json.loads(content) for row_id, content in rows}


def digests_hold(server: Server) -> bool:
    """The scopes' digests are those of their live entries."""
    with server.app.app_context():
        live: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        for one in db.session.scalars(select(Entry).where(Entry.kind == "put")):
            live[one.scope].append((one.type, one.row_id, one.seq))
        said = {one.scope: (one.n, one.x) for one in db.session.scalars(select(ScopeDigest)) if one.n}
        db.session.remove()
    return said == {scope: digest.of_scope(entries) for scope, entries in live.items()}


def fails_for(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, finding: str, fault: Callable[..., Any]) -> None:
    """Let a function fail for one finding."""
    real = getattr(module, name)

    def failing(*args: Any) -> Any:
        return fault() if any(getattr(one, "id", None) == finding for one in args) else real(*args)

    monkeypatch.setattr(module, name, failing)


def test_a_batch_takes_as_many_statements_as_a_smaller_one(server: Server) -> None:
    """Guards the batched writing: no statement an op, but for the blocks in which seqs are drawn."""
    hand = Hand(server.phone())
    for _ in range(2):  # until the receipt key is known to be registered
        assert hand.push(hand.op()).status == 200
    numbers = []
    for size in (10, 60):
        ops = []
        for _ in range(size):
            finding = new_id()
            ops.append(hand.op(row=finding, args=hand.report(photos=HASHES)))
            ops.append(photo(hand, finding, HASHES[0]))
        with counted(server.app) as said:
            assert {status for status, _ in hand.verdicts(*ops)} == {"applied"}
        numbers.append(len([one for one in said if not one.startswith("UPDATE counter")]))
    assert numbers[0] == numbers[1]


def test_an_op_that_fails_leaves_nothing_and_takes_no_number(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand(server.phone())
    rows = [new_id() for _ in range(5)]

    def crash() -> None:
        raise ZeroDivisionError

    fails_for(monkeypatch, publishing, "finding", rows[2], crash)
    verdicts = hand.verdicts(*(hand.op(row=row, args=hand.report(photos=HASHES)) for row in rows))
    assert [status for status, _ in verdicts] == ["applied", "applied", "held", "applied", "applied"]
    assert verdicts[2] == ("held", "internal-error")
    found = documents(server, "finding")
    assert set(found) == {*rows} - {rows[2]}
    assert sorted(row["number"][-4:] for row in found.values()) == ["0001", "0002", "0003", "0004"]
    assert digests_hold(server)
    with server.app.app_context():
        for model, column in ((Finding, Finding.id), (FindingCell, FindingCell.finding_id)):
            assert rows[2] not in db.session.scalars(select(column)).all(), model
        assert rows[2] not in db.session.scalars(select(FieldWrite.row_id)).all()
        assert rows[2] not in db.session.scalars(select(Mention.subject_id)).all()
        db.session.remove()


def test_a_row_that_the_database_refuses_holds_its_op_alone(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards Hasty: rows of many ops are refused together, so the batch is done again op by op."""
    hand = Hand(server.phone())
    drawn: list[str] = []
    real = numbering.finding_number

    def one_twice(*args: Any) -> str:
        drawn.append(real(*args))
        return drawn[0] if len(drawn) in (3, 5 + 3) else drawn[-1]

    monkeypatch.setattr(numbering, "finding_number", one_twice)
    bodies = [hand.op() for _ in range(5)]
    verdicts = hand.verdicts(*bodies)
    assert verdicts[2] == ("held", "internal-error")
    assert [status for status, _ in verdicts] == ["applied", "applied", "held", "applied", "applied"]
    assert len(server.findings()) == 4
    assert len(server.op_bodies()) == 5
    assert digests_hold(server)
    again = hand.push(*bodies).json()["results"]
    assert [(one["status"], one["replay"]) for one in again] == [(status, True) for status, _ in verdicts]


def test_a_group_that_fails_in_the_middle_of_a_batch_is_undone_whole(server: Server) -> None:
    hand = Hand(server.phone())
    group = new_id()
    first, member, last = new_id(), new_id(), new_id()
    verdicts = hand.verdicts(
        hand.op(row=first),
        hand.op(row=member, group={"id": group, "i": 1, "of": 2}),
        hand.op(args=hand.report(item="no.such.item"), group={"id": group, "i": 2, "of": 2}),
        hand.op(row=last),
    )
    assert verdicts == [
        ("applied", None),
        ("rejected", "group-rejected"),
        ("rejected", "unknown-item"),
        ("applied", None),
    ]
    assert set(server.findings()) == {first, last}
    assert digests_hold(server)


def test_later_ops_of_a_batch_see_what_earlier_ones_did(server: Server) -> None:
    """Reads of own writes: by id, through the session, through photos that came first, through held ops."""
    hand = Hand(server.phone())
    early, late = new_id(), new_id()
    bodies = [
        photo(hand, late, HASHES[1]),
        hand.op("finding.comment", row=late, args={"text": "先到的话", "photos": []}),
        hand.op(row=early, args=hand.report(photos=HASHES)),
        photo(hand, early, HASHES[0]),
        hand.op("finding.edit", row=early, base_rev=1, args={"description": "改过"}),
        photo(hand, early, HASHES[1], role="before"),
        hand.op("finding.edit", row=early, base_rev=2, args={"severity": "serious"}),
        hand.op(row=late),
        photo(hand, late, HASHES[0]),
        hand.op(row=early),
    ]
    verdicts = hand.verdicts(*bodies)
    assert verdicts[-1] == ("rejected", "row-exists")
    assert {status for status, _ in verdicts[:-1]} == {"applied"}
    found = documents(server, "finding")
    assert (found[early]["description"], found[early]["severity"], found[early]["rev"]) == ("改过", "serious", 3)
    assert [one["role"] for one in found[early]["photos"]] == ["scene", "before"]
    assert [one["sha256"] for one in found[late]["photos"]] == [HASHES[1], HASHES[0]]
    assert [one["text"] for one in documents(server, "comment").values()] == ["先到的话"]
    assert digests_hold(server)


def test_a_batch_makes_the_same_rows_as_its_ops_one_by_one(server: Server) -> None:
    """The same story of two people, one in a batch and one op by op: the same rows, but for ids and numbers."""
    shapes = []
    for name, size in (("wei", 100), ("luo", 1)):
        hand = Hand(server.phone(name))
        rows = [new_id() for _ in range(4)]
        bodies = []
        for index, row in enumerate(rows):
            bodies.append(hand.op(row=row, args=hand.report(photos=HASHES[: index % 3], description=f"{index}")))
            bodies.append(photo(hand, row, HASHES[index % 2]))
            if index % 2:
                bodies.append(hand.op("finding.edit", row=row, base_rev=1, args={"topic": "voc"}))
                bodies.append(hand.op("finding.comment", row=row, args={"text": "见", "photos": HASHES}))
        for start in range(0, len(bodies), size):
            assert {status for status, _ in hand.verdicts(*bodies[start : start + size])} == {"applied"}
        found = documents(server, "finding")
        shapes.append([anonymous(found[row]) for row in rows])
        assert digests_hold(server)
    assert shapes[0] == shapes[1]


def anonymous(row: Any) -> Any:
    """A row without what names it, its person or its photos' records."""
    kept = {name: value for name, value in row.items() if name not in ("id", "number", "author")}
    return {**kept, "photos": [{**one, "id": one["id"] is not None} for one in row["photos"]]}


def test_a_burst_of_equal_records_names_a_few_duplicates_and_counts_the_rest(server: Server) -> None:
    """Guards MOST_SHOWN: n records at one spot would write n² flags."""
    first, second = (Hand(phone) for phone in (server.phone("wei"), server.phone("wei")))
    assert {status for status, _ in first.verdicts(*(first.op() for _ in range(8)))} == {"applied"}
    row = new_id()
    second.verdicts(second.op(row=row))
    flags = [flag for flag in documents(server, "finding")[row]["flags"] if flag["code"] == "possible-duplicate"]
    numbers = {finding["number"][-4:]: id for id, finding in documents(server, "finding").items()}
    assert [flag.get("finding") for flag in flags] == [numbers[f"000{n}"] for n in range(4, 9)] + [None]
    assert flags[-1]["detail"] == "+3"
