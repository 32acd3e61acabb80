"""What the server should hold, told again in plain dicts from the ops in the order in which they were decided.

Written from the contract's words and without the server's merge: fields with their history, one conflict record an op.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from geo.position import parse_position
from tests.torture.ledger import Json, StoredOp
from tests.torture.witness import Violation

CLOSED = {"closed", "look_back", "rejected", "penalty_transfer"}
EFFECT = ("applied", "merged", "conflict")
TEXT_FIELDS = ("description", "severity", "topic", "item", "site", "position")


@dataclass(slots=True)
class Write:
    rev: int
    name: str
    value: Any
    stream: str


@dataclass(slots=True)
class ModelFinding:
    now: Json
    author: str
    rev: int = 1
    writes: list[Write] = field(default_factory=list)

    def put(self, values: Json, stream: str) -> None:
        self.rev += 1
        self.now.update(values)
        self.writes += [Write(self.rev, name, value, stream) for name, value in values.items()]

    def as_of(self, name: str, rev: int) -> Any:
        known = [write for write in self.writes if write.name == name and write.rev <= rev]
        return known[-1].value if known else None


@dataclass(slots=True)
class ModelConflict:
    id: str
    finding: str
    stream: str
    fields: dict[str, Json]
    ops: list[str]
    both: list[tuple[str, str, Any]]  # (op, field, value wanted), for ever
    choice: Json | None = None


@dataclass(slots=True)
class Model:
    """`streams` maps a stream to the one that it continues; `first_values` gives findings of inspections as made."""

    streams: dict[str, str | None]
    first_values: dict[str, Json]
    findings: dict[str, ModelFinding] = field(default_factory=dict)
    conflicts: dict[str, ModelConflict] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    inspections: set[str] = field(default_factory=set)

    def tell(self, ops: list[StoredOp]) -> None:
        """Play all ops; raises Violation where a verdict is not what the contract says."""
        done: set[str] = set()  # every op that had an effect, and all that it re-issues
        for op in ops:
            if op.status in EFFECT and done.isdisjoint(op.roots):
                done.update(op.roots)
                getattr(self, "_" + op.cmd.replace(".", "_"))(op)

    def own(self, stream: str) -> set[str]:
        found: set[str] = set()
        step: str | None = stream
        while step is not None and step not in found:
            found.add(step)
            step = self.streams.get(step)
        return found

    # commands -----------------------------------------------------------------------------------------------
    def _finding_report(self, op: StoredOp) -> None:
        args = op.said["args"]
        now = {name: args.get(name) for name in TEXT_FIELDS}
        self._new_finding(str(op.row), {**now, "position": wire(args["position"]), "state": "submitted"}, op)

    def _inspection_submit(self, op: StoredOp) -> None:
        row = str(op.row)
        if row in self.inspections:
            raise Violation(f"I2: inspection {row} was submitted twice")
        self.inspections.add(row)
        for answer in op.said["args"]["answers"]:
            if answer["result"] == "fail":
                finding = str(uuid5(UUID(row), answer["item"]))
                self._new_finding(finding, dict(self.first_values[finding]), op)

    def _new_finding(self, row: str, now: Json, op: StoredOp) -> None:
        if row in self.findings:
            raise Violation(f"I2: finding {row} was made twice")
        writes = [Write(1, name, value, op.stream) for name, value in now.items()]
        self.findings[row] = ModelFinding(now, op.author, 1, writes)

    def _finding_comment(self, op: StoredOp) -> None:
        self.comments[str(uuid5(UUID(op.id), "comment"))] = op.said["args"]["text"]

    def _photo_add(self, op: StoredOp) -> None:
        if str(op.row) in self.photos:
            raise Violation(f"I2: photo {op.row} was added twice")
        self.photos[str(op.row)] = op.said["args"]["sha256"]

    def _finding_edit(self, op: StoredOp) -> None:
        finding = self.findings[str(op.row)]
        base, own = op.said["base_rev"] or 0, self.own(op.stream)
        theirs = {write.name for write in finding.writes if write.rev > base and write.stream not in own}
        wanted = dict(op.said["args"])
        if "position" in wanted:
            wanted["position"] = wire(wanted["position"])
        changed: Json = {}
        lost: dict[str, Json] = {}
        for name, value in wanted.items():
            now = finding.now[name]
            if now == value:
                continue
            if name in theirs:
                lost[name] = {"name": name, "base": finding.as_of(name, base), "current": now, "incoming": value}
            elif finding.now["state"] in CLOSED:
                lost[name] = {"name": name, "base": now, "current": now, "incoming": value}
            else:
                changed[name] = value
        if changed:
            finding.put(changed, op.stream)
        self._expect(op, "conflict" if lost else "merged" if theirs else "applied", finding.rev)
        if lost:
            self._lose(op, lost)

    def _finding_transition(self, op: StoredOp) -> None:
        finding, args = self.findings[str(op.row)], op.said["args"]
        state = finding.now["state"]
        if state == args["to"] and state != args["from"]:
            self._expect(op, "merged", finding.rev)
        elif state != args["from"]:
            self._expect(op, "conflict", finding.rev)
            loss = {"name": "state", "base": args["from"], "current": state, "incoming": args["to"]}
            self._lose(op, {"state": loss})
        else:
            finding.put({"state": args["to"]}, op.stream)
            self._expect(op, "applied", finding.rev)

    def _conflict_resolve(self, op: StoredOp) -> None:
        conflict, choice = self.conflicts[str(op.row)], op.said["args"]["choice"]
        if conflict.choice is not None:
            if conflict.choice != choice:
                raise Violation(f"I2: conflict {conflict.id} was resolved twice, differently")
            return
        conflict.choice = choice
        chosen = {name: loss["incoming"] for name, loss in conflict.fields.items() if choice[name] == "incoming"}
        if chosen:
            self.findings[conflict.finding].put(chosen, op.stream)

    # verdicts -----------------------------------------------------------------------------------------------
    @staticmethod
    def _expect(op: StoredOp, status: str, rev: int) -> None:
        if (op.status, op.rev) != (status, rev):
            raise Violation(f"I6: op {op.id} ({op.cmd}) is {op.status} at {op.rev}, expected {status} at {rev}")

    def _lose(self, op: StoredOp, lost: dict[str, Json]) -> None:
        """One record an op: an open one of its own streams that names one of the fields, or a new one."""
        own = self.own(op.stream)
        wants = [(op.id, name, loss["incoming"]) for name, loss in lost.items()]
        mine = [one for one in self.conflicts.values() if one.finding == op.row and one.choice is None]
        joinable = {one.id: one for one in mine if one.stream in own and not lost.keys().isdisjoint(one.fields)}
        made = str(uuid5(UUID(op.id), "conflict"))
        if op.conflict not in (joinable or {made: None}):
            raise Violation(f"I6: op {op.id} lost {sorted(lost)} and names the record {op.conflict}")
        if not joinable:
            self.conflicts[made] = ModelConflict(made, str(op.row), op.stream, lost, [op.id], wants)
            return
        record = joinable[str(op.conflict)]
        for name, loss in lost.items():
            before = record.fields.get(name, loss)
            record.fields[name] = {**before, "current": loss["current"], "incoming": loss["incoming"]}
        record.ops.append(op.id)
        record.both += wants


def wire(position: Any) -> Any:
    return None if position is None else parse_position(position).to_wire()
