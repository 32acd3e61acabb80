"""What goes over the network: syncs that meet faults, and requests of several phones at the same time.

The acts that use threads may go another way each time; what each step begins with is still told by the story.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from sync.client import SyncReport
from sync.device_ports import Answer
from tests.torture.choosing import WORDS, Numbers, a_fault, a_finding, edit_args, phone_of, record
from tests.torture.office import decide_held
from tests.torture.witness import Violation
from tests.torture.world import TorturedPhone, World, agrees, troubled


def sync(world: World, numbers: Numbers) -> None:
    who, a, b, c, d = numbers
    phone_of(world, who).sync([*a_fault(a, b), *(a_fault(c, d) if c % 4 == 0 else [])])


def late(world: World, numbers: Numbers) -> None:
    phone_of(world, numbers[0]).network.deliver_late()


def pull(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    report = SyncReport()
    with phone.under(a_fault(a, b)):
        phone.device.pull(report)
    agrees(phone, report)


def pull_again(world: World, numbers: Numbers) -> None:
    """A scope from its start, as a phone asks whose digest differs; then the same page by its ETag."""
    who, a, _, _, _ = numbers
    phone = phone_of(world, who)
    with phone.under(()):
        scopes = sorted({scope for _, kept in phone.storage.items("mirror") for scope in kept["scopes"]})
        again = [scopes[a % len(scopes)]] if scopes else []
        path = phone.device._pull_path(again)
        answer = phone.device._authorised("GET", path, {}, b"")
        if answer.status != 200:
            return
        phone.device._apply(answer.json(), again)
        known = {"If-None-Match": answer.headers["etag"]}
        unchanged = phone.device._authorised("GET", path, known, b"")
        if (unchanged.status, unchanged.body) != (304, b""):
            raise Violation(f"I3: nothing has changed and a pull was answered {unchanged.status}")


def equal_pushes(world: World, numbers: Numbers) -> None:
    """The same batch three times at once, on connections of their own; nobody hears the answers."""
    phone = phone_of(world, numbers[0])
    pending = phone.device.outbox.pending()[: phone.device._limits()["batch_ops"]]
    if not pending:
        return
    answers: list[Answer] = []
    at_once([lambda: answers.append(phone.device._push_batch(pending))] * 3)
    said = [[(one["id"], one["status"], one["seq"]) for one in answer.json().get("results", [])] for answer in answers]
    if any(one != said[0] for one in said) or len(said) != 3:
        raise Violation(f"I2: three equal pushes were answered differently: {said}")


def together(world: World, numbers: Numbers) -> None:
    """All phones push, upload and pull at once, on connections of their own, without a fault."""
    troubles: list[str] = []
    at_once([partial(_undisturbed, world, phone, troubles) for phone in world.phones])
    if troubles:
        raise Violation(f"I9: without a fault, {'; '.join(troubles)}")


def crossing(world: World, numbers: Numbers) -> None:
    """Two phones write to one finding, each in another order, while a third one pulls without a pause."""
    who, a, b, c, _ = numbers
    reader = phone_of(world, who)
    writers = [phone for phone in world.phones if phone is not reader][:2]
    finding = a_finding(world, reader, a)
    troubles: list[str] = []
    left = [len(writers)]

    def write(phone: TorturedPhone, order: int) -> None:
        try:
            for turn in range(2):
                for kind in (0, 1) if (order + turn) % 2 else (1, 0):
                    if kind:
                        record(world, phone, "finding.comment", finding, {"text": WORDS[b % 4], "photos": []})
                    else:
                        rev = phone.device.mirror.rev("finding", finding)
                        record(world, phone, "finding.edit", finding, edit_args(a + turn, b + order, c), base_rev=rev)
                push = SyncReport()
                phone.device.push(push)
                if troubled(push):
                    troubles.append(f"phone {phone.number} met {push.trouble}")
        finally:
            left[0] -= 1

    def read() -> None:
        while left[0]:
            report = SyncReport()
            if not reader.device.pull(report):
                return
            agrees(reader, report)

    at_once([read, *(partial(write, phone, order) for order, phone in enumerate(writers))])
    for phone in world.phones:
        world.witness.look_at(phone.number, phone.storage)
    if troubles:
        raise Violation(f"I9: without a fault, {'; '.join(troubles)}")


def decide_together(world: World, numbers: Numbers) -> None:
    """A supervisor decides a held op while all that it may wait for arrives."""
    troubles: list[str] = []
    phones = [partial(_undisturbed, world, phone, troubles) for phone in world.phones]
    at_once([partial(decide_held, world, numbers[1], numbers[2]), *phones])
    if troubles:
        raise Violation(f"I9: without a fault, {'; '.join(troubles)}")


def _undisturbed(world: World, phone: TorturedPhone, troubles: list[str]) -> None:
    report = phone.sync()
    if report is not None and troubled(report):
        troubles.append(f"phone {phone.number} met {report.trouble}")


def at_once(acts: Sequence[Callable[[], object]]) -> None:
    """Each act in a thread of its own; the first exception of any is raised when all have ended."""
    failures: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
