"""A device's life: streams, tokens, clones, reinstallation, revocation, and a clock that is wrong."""

from __future__ import annotations

from backend.services import devices
from sync.client import SyncReport
from tests.torture.choosing import CLOCKS, Numbers, a_fault, phone_of
from tests.torture.faults import Fault
from tests.torture.world import MOST_PHONES, World


def new_stream(world: World, numbers: Numbers) -> None:
    who, a, b, _, _ = numbers
    phone = phone_of(world, who)
    with phone.under(a_fault(a, b)):
        phone.device._open_stream(SyncReport())


def rotate(world: World, numbers: Numbers) -> None:
    """A fresh token; in every other case its answer is lost, and the old one must go on working."""
    who, a, b, c, _ = numbers
    phone = phone_of(world, who)
    with phone.under([Fault("drop-answer", 1)] if c % 2 else a_fault(a, b)):
        phone.device.rotate_token()


def clone(world: World, numbers: Numbers) -> None:
    if len(world.phones) < MOST_PHONES:
        world.clone(phone_of(world, numbers[0]))


def reinstall(world: World, numbers: Numbers) -> None:
    phone = phone_of(world, numbers[0])
    world.lose(phone)
    world.add_phone(phone.user)


def enrol_again(world: World, numbers: Numbers) -> None:
    who, a, b, c, _ = numbers
    world.enrol(phone_of(world, who), [Fault("drop-answer", 1)] if c % 2 else a_fault(a, b))


def newcomer(world: World, numbers: Numbers) -> None:
    if len(world.phones) < MOST_PHONES:
        world.add_phone(("mo", "wei", "luo", "qin")[numbers[1] % 4])


def revoke(world: World, numbers: Numbers) -> None:
    phone = phone_of(world, numbers[0])
    with world.writing() as session:
        if not world.knows(phone):
            return
        device = devices.revoke(session, phone.device.outbox.stream()["id"], world.time.now())
        name = device.id
    world.office.now.revoked.append((world.head(), name))


def turn_clock(world: World, numbers: Numbers) -> None:
    """A phone's clock is set, forwards or back; now and then it was switched off in between."""
    phone = phone_of(world, numbers[0])
    phone.clock.off = CLOCKS[numbers[1] % len(CLOCKS)]
    if numbers[2] % 3 == 0:
        phone.clock.boot = world.new_id()
