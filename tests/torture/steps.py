"""What people do in a story. A step is its name and five numbers; every choice is one of them modulo what there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete

from backend import failpoints
from backend.models import Grant, OpRecord
from backend.services import accounts, attention, devices, lifecycle, uploads
from backend.services.errors import ServiceError
from backend.services.receiving import Receiver
from backend.storage import blobs
from backend.transactions import reading, writing
from sync.client import SyncReport
from sync.device_ports import Answer
from tests.stories import jpeg
from tests.torture.faults import KINDS, Fault
from tests.torture.witness import Violation
from tests.torture.world import MOST_PHONES, TorturedPhone, World

Numbers = tuple[int, int, int, int, int]
Act = Callable[[World, Numbers], None]

PLACES: tuple[dict[str, Any] | None, ...] = (
    {"lon": 109.330, "lat": 24.255, "datum": "CGCS2000", "accuracy_m": 8.0},
    {"lon": 109.145, "lat": 24.135, "datum": "CGCS2000", "accuracy_m": 5.0},
    {"lon": 109.44, "lat": 24.33, "datum": "WGS84", "accuracy_m": 5.0},
    {"lon": 109.60, "lat": 23.10, "datum": "GCJ02", "accuracy_m": 12.0},
    {"lon": 116.40, "lat": 39.90, "datum": "WGS84", "accuracy_m": 5.0},
    None,
)
WORDS = ("裸土未覆盖", "围挡破损", "道路积尘", "桶未加盖")
SEVERITIES = ("minor", "moderate", "serious")
TOPICS = ("dust", "voc")
ITEMS = (None, "dust.lj6.cover", "straw.zone.no-burning")
GRANTS = ((), ("450206",), ("450206100",), ("450202",), ("450200",), ("450206", "450202"), ("450206107",))
CLOCKS = (timedelta(), timedelta(days=3650), timedelta(days=-3650), timedelta(minutes=7), timedelta(seconds=-90))


@cache
def photo_bytes(number: int) -> bytes:
    return jpeg(colour=(number * 40 % 256, number * 77 % 256, number * 19 % 256))  # type: ignore[arg-type]


def a_fault(number: int, at: int) -> list[Fault]:
    """A third of all syncs go well; the others meet one fault somewhere in their first requests or steps."""
    kinds = ("none",) * (len(KINDS) // 2) + KINDS
    kind = kinds[number % len(kinds)]
    if kind == "none":
        return []
    most = 2 if kind.startswith("die:") else 4
    return [Fault(kind, at % most + 1)]


def phone_of(world: World, number: int) -> TorturedPhone:
    return world.phones[number % len(world.phones)]


def a_finding(world: World, phone: TorturedPhone, number: int) -> str:
    """One that the phone sees; now and then one that somebody else has recorded and that may not have come yet."""
    seen = sorted(row["id"] for row in phone.device.mirror.rows("finding"))
    told = sorted(one for one in world.findings if one not in seen) if number % 4 == 0 else []
    choice = [*seen, *told] or sorted(world.findings)
    return choice[number % len(choice)] if choice else "01900000-0000-7000-8000-ffffffffffff"


def photos_for(world: World, phone: TorturedPhone, number: int) -> list[str]:
    if number % 3:
        return []
    world.tally.photos += 1
    return [phone.device.capture(photo_bytes(number % 23))]


def record(world: World, phone: TorturedPhone, cmd: str, row: str, args: dict[str, Any], **more: Any) -> None:
    phone.device.outbox.record(cmd, row, args, **more)
    world.tally.ops += 1


def report_args(world: World, phone: TorturedPhone, a: int, b: int, c: int) -> dict[str, Any]:
    return {
        "topic": TOPICS[a % 2],
        "item": ITEMS[b % 3] if c % 5 == 0 else None,
        "description": WORDS[b % 4],
        "severity": SEVERITIES[c % 3],
        "found_at": phone.clock.now().isoformat(),
        "position": PLACES[a % len(PLACES)],
        "photos": photos_for(world, phone, b),
        "site": None,
    }


def edit_args(a: int, b: int, c: int) -> dict[str, Any]:
    """One to three fields."""
    args: dict[str, Any] = {}
    if a % 2 == 0:
        args["description"] = WORDS[b % 4]
    if a % 3 == 0:
        args["severity"] = SEVERITIES[c % 3]
    if a % 5 == 0:
        args["position"] = PLACES[b % 5]
    if a % 7 == 0:
        args["item"] = ITEMS[c % 3]
    return args or {"topic": TOPICS[c % 2]}


# what an inspector or a supervisor does on a phone ------------------------------------------------------------
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
        args = {"from": step.start, "to": step.to, "note": None, "photos": photos_for(world, phone, b)}
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
        ("finding.edit", edit_args(a, b, c) if c % 7 else {"severity": "terrible"}),
    ]
    if d % 3:
        members.insert(0, ("finding.report", report_args(world, phone, a, b, c)))
    with phone.under(crash_only(d)):
        for i, (cmd, args) in enumerate(members):
            record(world, phone, cmd, finding, args, group={"id": about, "i": i, "of": len(members)})


def crash_only(number: int) -> list[Fault]:
    """One recording in eight is cut by a crash at one of its durable steps."""
    if number % 8:
        return []
    return [Fault("crash-after" if number % 16 else "crash-before", number // 16 % 4 + 1)]


# the network --------------------------------------------------------------------------------------------------
def sync(world: World, numbers: Numbers) -> None:
    who, a, b, c, d = numbers
    phone_of(world, who).sync([*a_fault(a, b), *(a_fault(c, d) if c % 4 == 0 else [])])


def late(world: World, numbers: Numbers) -> None:
    phone_of(world, numbers[0]).network.deliver_late()


def pull(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    with phone.under(a_fault(a, b)):
        phone.device.pull(SyncReport())


def equal_pushes(world: World, numbers: Numbers) -> None:
    """The same batch three times at once, on connections of their own; nobody hears the answers."""
    phone = phone_of(world, numbers[0])
    pending = phone.device.outbox.pending()[:50]
    if not pending:
        return
    answers: list[Answer] = []

    def push() -> None:
        answers.append(phone.device._push_batch(pending))

    threads = [threading.Thread(target=push) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [[(one["id"], one["status"], one["seq"]) for one in answer.json().get("results", [])] for answer in answers]
    if any(one != said[0] for one in said) or len(said) != 3:
        raise Violation(f"I2: three equal pushes were answered differently: {said}")


# a device's life ----------------------------------------------------------------------------------------------
def new_stream(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    with phone.under(a_fault(a, b)):
        phone.device._open_stream(SyncReport())


def rotate(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    with phone.under(a_fault(a, b)):
        phone.device.rotate_token()


def clone(world: World, numbers: Numbers) -> None:
    if len(world.phones) < MOST_PHONES:
        world.clone(phone_of(world, numbers[0]))


def reinstall(world: World, numbers: Numbers) -> None:
    phone = phone_of(world, numbers[0])
    world.lose(phone)
    world.add_phone(phone.user)


def enrol_again(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    world.enrol(phone_of(world, who), a_fault(a, b))


def newcomer(world: World, numbers: Numbers) -> None:
    if len(world.phones) < MOST_PHONES:
        world.add_phone(("mo", "wei", "luo", "qin")[numbers[1] % 4])


def revoke(world: World, numbers: Numbers) -> None:
    phone = phone_of(world, numbers[0])
    with world.writing() as session:
        if world.knows(phone):
            devices.revoke(session, phone.device.outbox.stream()["id"], world.time.now())


def turn_clock(world: World, numbers: Numbers) -> None:
    phone_of(world, numbers[0]).clock.off = CLOCKS[numbers[1] % len(CLOCKS)]


# the office ---------------------------------------------------------------------------------------------------
def grant(world: World, numbers: Numbers) -> None:
    who, a, _, _, _ = numbers
    name = phone_of(world, who).user
    with world.writing() as session:
        user = accounts.by_name(session, name)
        session.execute(delete(Grant).where(Grant.user_id == user.id))
        session.add_all(Grant(user_id=user.id, code=code) for code in GRANTS[a % len(GRANTS)])


def decide(world: World, numbers: Numbers) -> None:
    """A supervisor lets a held op through, tries it again, or dismisses it."""
    _, a, b, _, _ = numbers
    with world.writing() as session:
        held = session.query(OpRecord.stream_id, OpRecord.n).filter(OpRecord.status == "held")
        waiting = held.order_by(OpRecord.stream_id, OpRecord.n).all()
        if not waiting:
            return
        stream, n = waiting[a % len(waiting)]
        boss = accounts.actor_of(accounts.by_name(session, "boss"))
        try:
            if b % 3 == 2:
                attention.dismiss(session, boss, stream, n, world.time.now(), "不予采纳")
            else:
                attention.retry(session, boss, stream, n, world.time.now(), approve=b % 3 == 1)
        except ServiceError as error:
            raise Violation(f"I9: a held op cannot be decided: {error}") from error


def sweep(world: World, numbers: Numbers) -> None:
    """What the job consumer does from time to time."""
    with world.app.app_context():
        store = blobs()
        Receiver(
            store, reading, writing, world.time.now, world.new_id, world.app.extensions["bluegrid.settings"].limits
        ).finish_interrupted()
        with writing() as session:
            uploads.sweep_expired(session, store, world.time.now())


def wait(world: World, numbers: Numbers) -> None:
    minutes = (1, 30, 600, 1440, 4 * 1440, 9 * 1440)
    world.time.pass_by(minutes=minutes[numbers[0] % len(minutes)])


def a_death(kind: str, number: int) -> str | None:
    """One backup or restore in three is killed at one of its points."""
    points = [name for name in failpoints.BACKUP_NAMES if name.startswith(kind)]
    return points[number // 3 % len(points)] if number % 3 == 0 else None


def back_up(world: World, numbers: Numbers) -> None:
    world.back_up(a_death("backup-", numbers[0]))


def restore(world: World, numbers: Numbers) -> None:
    world.restore(a_death("restore-", numbers[0]))


def quiesce(world: World, numbers: Numbers) -> None:
    from tests.torture.oracle import check

    world.settle()
    check(world)


WEIGHTS: dict[str, int] = {
    "report": 10, "edit": 14, "transition": 5, "comment": 6, "photo": 5, "inspect": 3, "resolve": 5, "group": 4,
    "sync": 30, "late": 4, "pull": 3, "equal_pushes": 3,
    "new_stream": 2, "rotate": 2, "clone": 4, "reinstall": 2, "enrol_again": 2, "newcomer": 2, "revoke": 1,
    "turn_clock": 2, "grant": 4, "decide": 4, "sweep": 2, "wait": 3, "back_up": 4, "restore": 3, "quiesce": 2,
}  # fmt: skip
ACTS: dict[str, Act] = {name: globals()[name] for name in WEIGHTS}


def perform(world: World, step: Sequence[Any]) -> None:
    name, *numbers = step
    world.tally.steps += 1
    world.tally.operation(name)
    ACTS[name](world, tuple(numbers))  # type: ignore[arg-type]
