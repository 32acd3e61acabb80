"""The invariants, checked at a quiescence against the server's tables, its files, and every phone's storage."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.models import (
    Cell,
    Comment,
    Conflict,
    Counter,
    Device,
    Entry,
    FieldWrite,
    Finding,
    Inspection,
    Photo,
    QuarantinedBody,
    ScopeDigest,
    Stream,
    SyncedRow,
    User,
)
from backend.storage import blobs
from sync import digest
from sync.ops import sha256_of
from tests.torture.ledger import Json, StoredOp, logged, stored_ops
from tests.torture.model import EFFECT, Model
from tests.torture.witness import Violation, ops_held
from tests.torture.world import TorturedPhone, World

REPLAYED = 6
_GONE = select(SyncedRow.type, SyncedRow.row_id).where(SyncedRow.content.is_(None))


def check(world: World) -> None:
    """Raise Violation for the first invariant that does not hold."""
    world.tally.quiescences += 1
    able = [phone for phone in world.phones if not world.revoked(phone)]
    with world.reading() as session:
        ops = stored_ops(session)
        _ops_are_kept(world, ops, [phone for phone in world.phones if phone not in able])
        _nothing_is_destroyed(world, ops)
        _effects_are_those_of_the_ops(session, ops)
        _results_are_told(session, ops)
        _nobody_waits_for_what_is_here(session, ops)
        _unreadable_bodies_are_kept(world, session)
        _entries_and_digests_agree(session)
        _scopes_are_right(session)
        _chains_hold(session, ops)
        _the_log_tells_all(world, session, ops)
        for phone in able:
            _mirror_is_the_servers(session, phone)
    _blobs_are_readable(world)
    for phone in able:
        _nothing_is_wedged(phone)
        _replays_are_equal(phone)


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Violation(what)


def _same(what: str, found: Any, expected: Any, law: str = "I2") -> None:
    demand(found == expected, f"{law}: {what}: {found!r}, expected {expected!r}")


# I1, I7 ---------------------------------------------------------------------------------------------------------
def _ops_are_kept(world: World, ops: list[StoredOp], unable: list[TorturedPhone]) -> None:
    stored = {op.sha256 for op in ops}
    by_root: dict[str, list[StoredOp]] = {}
    for op in ops:
        demand(sha256_of(op.body) == op.sha256, f"I1: op {op.id} is not the bytes of its hash")
        for root in op.roots:
            by_root.setdefault(root, []).append(op)
    waiting = ops_held(phone.storage for phone in unable)
    excused = world.witness.excused
    for sha256, told in world.witness.acknowledged.items():
        if sha256 in stored or not excused.isdisjoint(told.roots) or not waiting.isdisjoint(told.roots):
            continue
        again = [op for root in told.roots for op in by_root.get(root, [])]
        demand(bool(again), f"I1: acknowledged op {told.n} of {told.stream} ({told.id}) is not stored")
        said = json.loads(told.body)
        for op in again:
            same = all(op.said.get(name) == said.get(name) for name in ("cmd", "row", "args", "t", "base_rev"))
            demand(same, f"I1: op {told.id} came back changed as {op.id}")


def _nothing_is_destroyed(world: World, ops: list[StoredOp]) -> None:
    safe = {root for op in ops for root in op.roots}
    safe |= ops_held(phone.storage for phone in world.phones)
    for op in world.witness.recorded.values():
        kept = not safe.isdisjoint(op.roots) or not world.witness.excused.isdisjoint(op.roots)
        demand(kept, f"I7: op {op.id}, recorded on phone {op.phone}, is neither there nor on the server")
    with world.app.app_context():
        store = blobs()
        for sha256, phones in world.witness.captured.items():
            held = any(sha256 in phone.storage.files for phone in world.phones)
            demand(not phones or held or store.has(sha256), f"I7: the bytes of photo {sha256[:8]} are gone")


def _unreadable_bodies_are_kept(world: World, session: Session) -> None:
    kept = {one.sha256 for one in session.scalars(select(QuarantinedBody)) if sha256_of(one.body) == one.sha256}
    missing = sorted(world.witness.unreadable - kept)
    demand(not missing, f"I1: a body that was called unreadable is not in quarantine: {missing}")


# I2, I6 ---------------------------------------------------------------------------------------------------------
def _effects_are_those_of_the_ops(session: Session, ops: list[StoredOp]) -> None:
    for op in ops:
        demand(op.code != "internal-error", f"I9: op {op.id} ({op.cmd}) met an error of the server's own")
    streams = {row.id: row.continues_id for row in session.execute(select(Stream.id, Stream.continues_id))}
    model = Model(streams, _first_values(session))
    model.tell(ops)
    findings = list(session.scalars(select(Finding)))
    _same("findings", {one.id for one in findings}, set(model.findings))
    numbers = [one.number for one in findings]
    demand(len(numbers) == len(set(numbers)), "I2: two findings have one number")
    for one in findings:
        expected = model.findings[one.id]
        _same(f"finding {one.id}", _fields(one), {**expected.now, "rev": expected.rev, "author": expected.author})
    _same("comments", {one.id: one.text for one in session.scalars(select(Comment))}, model.comments)
    _same("photos", {one.id: one.sha256 for one in session.scalars(select(Photo))}, model.photos)
    _same("inspections", set(session.scalars(select(Inspection.id))), model.inspections)
    _conflicts_are_recorded(session, model)


def _fields(one: Finding) -> Json:
    names = ("description", "severity", "topic", "item", "position", "state", "rev")
    return {**{name: getattr(one, name) for name in names}, "site": one.site_id, "author": one.author_id}


def _first_values(session: Session) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for one in session.scalars(select(FieldWrite).where(FieldWrite.rev == 1)):
        found.setdefault(one.row_id, {})[one.field] = one.value["is"]
    return found


def _conflicts_are_recorded(session: Session, model: Model) -> None:
    records = {one.id: one for one in session.scalars(select(Conflict))}
    _same("conflict records", set(records), set(model.conflicts), "I6")
    for expected in model.conflicts.values():
        record = records[expected.id]
        found = {str(one["name"]): one for one in record.fields}
        _same(f"conflict {record.id}", found, expected.fields, "I6")
        ops = [record.op_id, *(one["op"] for one in record.joined)]
        _same(f"ops of conflict {record.id}", ops, expected.ops, "I6")
        _same(f"choice of {record.id}", record.choice, expected.choice, "I6")
        kept = [(one["name"], one["incoming"]) for one in record.fields]
        kept += [(one["name"], one["incoming"]) for joined in record.joined for one in joined["superseded"]]
        for op, name, value in expected.both:
            demand((name, value) in kept, f"I6: what op {op} wanted of {name} is in no record")


def _results_are_told(session: Session, ops: list[StoredOp]) -> None:
    """Every op that owns its id has one `op_result`, which says what the op's own row says."""
    rows = session.execute(select(SyncedRow.row_id, SyncedRow.content).where(SyncedRow.type == "op_result"))
    told = {row.row_id: json.loads(row.content) for row in rows}
    for op in ops:
        if op.code == "op-id-reused":
            continue
        said = told.pop(op.id, {})
        demand(said.get("status") == op.status, f"I2: op {op.id} is {op.status}, its author hears {said}")
    demand(not told, f"I2: results without an op: {sorted(told)}")


def _nobody_waits_for_what_is_here(session: Session, ops: list[StoredOp]) -> None:
    """An op that waits for a row is freed by that row's coming."""
    here = {
        row.id for kind in (Finding, Inspection, Photo, Comment, Conflict) for row in session.execute(select(kind.id))
    }
    for op in ops:
        free = op.status == "held" and op.code == "parent-missing" and op.waits_for in here
        demand(not free, f"I9: op {op.id} waits for {op.waits_for}, which is here")


# I3, I4, I5 -----------------------------------------------------------------------------------------------------
def _entries_and_digests_agree(session: Session) -> None:
    live: dict[str, list[tuple[str, str, int]]] = {}
    for entry in session.scalars(select(Entry).where(Entry.kind == "put")):
        live.setdefault(entry.scope, []).append((entry.type, entry.row_id, entry.seq))
    for kept in session.scalars(select(ScopeDigest)):
        counted = digest.of_scope(live.pop(kept.scope, []))
        demand((kept.n, bytes(kept.x)) == counted, f"I3: the digest of {kept.scope} is not that of its entries")
    demand(not live, f"I3: scopes without a digest: {sorted(live)}")
    gone = {(row.type, row.row_id) for row in session.execute(_GONE)}
    for entry in session.scalars(select(Entry).where(Entry.kind != "put")):
        kind = "delete" if (entry.type, entry.row_id) in gone else "leave"
        _same(f"the end of {entry.type} {entry.row_id} in {entry.scope}", entry.kind, kind, "I5")
    head = session.scalar(select(Counter.value)) or 0
    over = session.scalar(select(Entry.seq).where(Entry.seq > head).limit(1))
    demand(over is None, f"I4: an entry has the seq {over}, the head is {head}")


def _scopes_are_right(session: Session) -> None:
    """Each finding is under its cell and every ancestor and with its author; what hangs on it is where it is."""
    parents = {row.code: row.parent for row in session.execute(select(Cell.code, Cell.parent))}
    put: dict[tuple[str, str], set[str]] = {}
    for entry in session.scalars(select(Entry).where(Entry.kind == "put")):
        put.setdefault((entry.type, entry.row_id), set()).add(entry.scope)
    at: dict[str, set[str]] = {}
    for one in session.scalars(select(Finding)):
        step, scopes = one.cell_code, {f"user:{one.author_id}"}
        if step is None:
            scopes.add("area:unassigned")
        while step is not None:
            scopes.add(f"area:{step}")
            step = parents.get(step)
        at[one.id] = scopes
        _same(f"scopes of finding {one.id}", put.get(("finding", one.id)), scopes, "I5")
    for comment in session.scalars(select(Comment)):
        expected = at[comment.finding_id] | {f"user:{comment.author_id}"}
        _same(f"scopes of comment {comment.id}", put.get(("comment", comment.id)), expected, "I5")
    for conflict in session.scalars(select(Conflict)):
        expected = at[conflict.row_id] | {f"user:{conflict.author_id}"}
        _same(f"scopes of conflict {conflict.id}", put.get(("conflict", conflict.id)), expected, "I5")


def _scopes_of(session: Session, user_id: str) -> set[str]:
    """What a person may mirror, from the contract's words."""
    user = session.get_one(User, user_id)
    codes = {grant.code for grant in user.grants}
    city = user.role == "supervisor" and any(code.endswith("00") and len(code) == 6 for code in codes)
    unassigned = {"area:unassigned"} if user.role == "admin" or city else set()
    return {"global", f"user:{user.id}", *(f"area:{code}" for code in codes)} | unassigned


def _mirror_is_the_servers(session: Session, phone: TorturedPhone) -> None:
    scopes = _scopes_of(session, phone.device.user_id)
    expected: dict[str, Json] = {}
    same_row = (SyncedRow.type == Entry.type) & (SyncedRow.row_id == Entry.row_id)
    query = select(Entry, SyncedRow).join(SyncedRow, same_row)
    for entry, row in session.execute(query.where(Entry.kind == "put", Entry.scope.in_(scopes))):
        kept = expected.setdefault(f"{row.type}|{row.row_id}", {"rev": row.rev, "row": json.loads(row.content)})
        kept.setdefault("scopes", {})[entry.scope] = entry.seq
    mirrored = dict(phone.storage.items("mirror"))
    for key, kept in mirrored.items():
        demand(set(kept["scopes"]) <= scopes, f"I5: phone {phone.number} mirrors {key} in {sorted(kept['scopes'])}")
    _same(f"rows on phone {phone.number}", set(mirrored), set(expected), "I3")
    for key, wanted in expected.items():
        found = {name: mirrored[key][name] for name in ("rev", "row", "scopes")}
        _same(f"{key} on phone {phone.number}", found, wanted, "I3")


# I8, I9, I10 ----------------------------------------------------------------------------------------------------
def _blobs_are_readable(world: World) -> None:
    with world.app.app_context():
        store = blobs()
        for sha256 in sorted(world.witness.stored):
            if not store.has(sha256) and not world.witness.captured.get(sha256):
                continue  # stored, then restored from before; its owner lost the only other copy
            waits = any(sha256 in phone.storage.files for phone in world.phones if world.revoked(phone))
            if waits and not store.has(sha256):
                continue  # restored from before, and its device may send no more
            demand(store.has(sha256) and store.verify(sha256), f"I8: photo {sha256[:8]} was stored and cannot be read")


def _nothing_is_wedged(phone: TorturedPhone) -> None:
    left = [record for _, record in phone.storage.items("outbox")]
    demand(not left, f"I9: phone {phone.number} still has {len(left)} ops")
    waiting = phone.device.photos.waiting()
    demand(not waiting, f"I9: phone {phone.number} still has {len(waiting)} photos")


def _replays_are_equal(phone: TorturedPhone) -> None:
    """What is acknowledged and still here, pushed again, is answered with its present result."""
    current = phone.device.outbox.stream()["id"]
    records = [record for record in phone.device.outbox.retained() if record["stream"] == current][-REPLAYED:]
    if not records:
        return
    answer = phone.device._push_batch(records)
    demand(answer.status == 200, f"I2: a replay was answered {answer.status} {answer.code}")
    for record, result in zip(records, answer.json()["results"], strict=True):
        same = all(result[name] == record["result"][name] for name in ("id", "n", "status", "rev", "conflict"))
        demand(result["replay"] and same, f"I2: op {record['id']} replayed as {result}, not {record['result']}")


def _chains_hold(session: Session, ops: list[StoredOp]) -> None:
    chains: dict[str, dict[int, StoredOp]] = {}
    for op in ops:
        chains.setdefault(op.stream, {})[op.n] = op
    for stream in session.scalars(select(Stream)):
        chain = chains.get(stream.id, {})
        _same(f"numbers of {stream.id}", sorted(chain), list(range(1, stream.last_n + 1)), "I10")
        last = None
        for n in sorted(chain):
            _same(f"prev of op {n} of {stream.id}", chain[n].said.get("prev"), last, "I10")
            last = chain[n].sha256
        _same(f"tip of {stream.id}", stream.last_sha256, last, "I10")


def _the_log_tells_all(world: World, session: Session, ops: list[StoredOp]) -> None:
    """The server's log has each op once, each end once, and as its last word what is stored. Of a revoked device
    nothing that came later had an effect as it came.
    """
    arrivals, verdicts = logged(session)
    _same("ops in the log", set(arrivals), {(op.stream, op.n) for op in ops}, "I10")
    devices = {row.id: row.device_id for row in session.execute(select(Stream.id, Stream.device_id))}
    revoked = set(session.scalars(select(Device.id).where(Device.revoked_at.is_not(None))))
    since = {device: head for head, device in world.office.now.revoked if device in revoked}
    done: set[str] = set()
    for op in sorted(ops, key=lambda one: arrivals[one.stream, one.n].seq):
        arrived, told = arrivals[op.stream, op.n], verdicts[op.stream, op.n]
        _same(f"the last word on op {op.id} in the log", told[-1], op.status, "I10")
        _same(f"ends of op {op.id} in the log", len([one for one in told if one != "held"]), op.status != "held", "I10")
        late = arrived.seq > since.get(devices[op.stream], arrived.seq)
        fresh = arrived.status in EFFECT and done.isdisjoint(op.roots)
        demand(not (late and fresh), f"I2: op {op.id} of a revoked device was {arrived.status}")
        if arrived.status in EFFECT:
            done.update(op.roots)
