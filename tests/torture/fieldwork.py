"""What an inspector or a supervisor does on a phone. Each act takes the world and five numbers."""

from __future__ import annotations

from typing import Any

from backend.services import lifecycle
from tests.torture.choosing import (
    PLACES,
    WORDS,
    Numbers,
    a_finding,
    crash_only,
    edit_args,
    phone_of,
    photo_bytes,
    photos_for,
    record,
    report_args,
)
from tests.torture.world import World

BAD_EDITS = {0: {"severity": "terrible"}, 1: {"item": "dust.no-such-item"}}  # refused as it comes; when it is applied


def report(world: World, numbers: Numbers) -> None:
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    with phone.under(crash_only(d)):
        finding = world.new_id()
        world.findings.append(finding)
        record(world, phone, "finding.report", finding, report_args(world, phone, a, b, c))


def edit(world: World, numbers: Numbers) -> None:
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    finding = a_finding(world, phone, d)
    with phone.under(()):
        rev = phone.device.mirror.rev("finding", finding)
        record(world, phone, "finding.edit", finding, edit_args(a, b, c), base_rev=rev)


def transition(world: World, numbers: Numbers) -> None:
    who, a, b, c, _ = numbers
    phone = phone_of(world, who)
    finding = a_finding(world, phone, a)
    row = phone.device.mirror.row("finding", finding)
    state = row["state"] if row is not None else "submitted"
    steps = [step for step in lifecycle.STEPS if step.start == state or b % 6 == 0]
    step = steps[c % len(steps)] if steps else lifecycle.STEPS[0]
    with phone.under(()):
        args = {"from": step.start, "to": step.to, "note": "因故", "photos": photos_for(world, phone, b)}
        rev = phone.device.mirror.rev("finding", finding)
        record(world, phone, "finding.transition", finding, args, base_rev=rev)


def comment(world: World, numbers: Numbers) -> None:
    who, a, b, _, d = numbers
    phone = phone_of(world, who)
    with phone.under(crash_only(d)):
        args = {"text": WORDS[b % 4], "photos": photos_for(world, phone, b)}
        record(world, phone, "finding.comment", a_finding(world, phone, a), args)


def photo(world: World, numbers: Numbers) -> None:
    """A photo's bytes, then its record; a crash may come between the two."""
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    data = photo_bytes(b % 23)
    with phone.under(crash_only(d)):
        world.tally.photos += 1
        args = {
            "sha256": phone.device.capture(data),
            "size": len(data),
            "media_type": "image/jpeg",
            "captured_at": phone.clock.now().isoformat(),
            "position": PLACES[c % len(PLACES)],
            "source": "camera",
            "subject": {"type": "finding", "id": a_finding(world, phone, a)},
            "role": "scene",
        }
        record(world, phone, "photo.add", world.new_id(), args)


def inspect(world: World, numbers: Numbers) -> None:
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    at = phone.clock.now().isoformat()
    data = photo_bytes(b % 23)
    with phone.under(crash_only(d)):
        failed = phone.device.capture(data)
        answers: list[dict[str, Any]] = [{"item": "dust.lj6.hoarding", "result": "pass", "value": 100}]
        if c % 2:
            fault = {"result": "fail", "value": 70, "note": WORDS[b % 4], "photos": [failed]}
            answers.append({"item": "dust.lj6.cover", **fault})
        args = {
            "checklist": "dust-liujiang",
            "checklist_version": "2024.1" if c % 9 else "2099.1",
            "mode": "patrol",
            "started_at": at,
            "finished_at": at,
            "position": PLACES[a % len(PLACES)],
            "answers": answers,
        }
        record(world, phone, "inspection.submit", world.new_id(), args)


def resolve(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    rows = sorted(phone.device.mirror.rows("conflict"), key=lambda row: row["id"])
    if not rows:
        return
    row = rows[a % len(rows)]
    choice = {field["name"]: ("current", "incoming")[(b + i) % 2] for i, field in enumerate(row["fields"])}
    with phone.under(()):
        record(world, phone, "conflict.resolve", row["id"], {"choice": choice})


def group(world: World, numbers: Numbers) -> None:
    """A report with its comment and edit, standing or falling together; now and then with a member that is no good."""
    who, a, b, c, d = numbers
    phone = phone_of(world, who)
    finding, about = world.new_id(), world.new_id()
    if d % 3 == 0:
        finding = a_finding(world, phone, d)
    else:
        world.findings.append(finding)
    members: list[tuple[str, dict[str, Any]]] = [
        ("finding.comment", {"text": WORDS[b % 4], "photos": []}),
        ("finding.edit", BAD_EDITS.get(c % 7) or edit_args(a, b, c)),
    ]
    if d % 3:
        members.insert(0, ("finding.report", report_args(world, phone, a, b, c)))
    with phone.under(crash_only(d)):
        for i, (cmd, args) in enumerate(members):
            record(world, phone, cmd, finding, args, group={"id": about, "i": i, "of": len(members)})
