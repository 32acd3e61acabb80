"""What the office and its machines do: grants, decisions, sweeps, backups, restores, and time that goes by."""

from __future__ import annotations

from sqlalchemy import delete

from backend.models import Grant, OpRecord
from backend.services import accounts, attention, uploads
from backend.services.errors import ServiceError
from backend.services.receiving import Receiver
from backend.storage import blobs
from backend.transactions import reading, writing
from tests.torture.choosing import GRANTS, Numbers, phone_of
from tests.torture.purge import KEPT, purge_tombstones
from tests.torture.witness import Violation
from tests.torture.world import World


def grant(world: World, numbers: Numbers) -> None:
    who, a, _, _, _ = numbers
    name, codes = phone_of(world, who).user, GRANTS[a % len(GRANTS)]
    with world.writing() as session:
        user = accounts.by_name(session, name)
        session.execute(delete(Grant).where(Grant.user_id == user.id))
        session.add_all(Grant(user_id=user.id, code=code) for code in codes)
    world.office.now.grants.append((world.head(), name, codes))


def decide(world: World, numbers: Numbers) -> None:
    decide_held(world, numbers[1], numbers[2])


def decide_held(world: World, a: int, b: int) -> None:
    """A supervisor lets a held op through, tries it again, or dismisses it."""
    with world.writing() as session:
        held = session.query(OpRecord.stream_id, OpRecord.n, OpRecord.sha256).filter(OpRecord.status == "held")
        waiting = held.order_by(OpRecord.stream_id, OpRecord.n).all()
        if not waiting:
            return
        stream, n, sha256 = waiting[a % len(waiting)]
        boss = accounts.actor_of(accounts.by_name(session, "boss"))
        try:
            if b % 3 == 2:
                world.office.now.dismissed.add(sha256)
                attention.dismiss(session, boss, stream, n, world.time.now(), "不予采纳")
            else:
                if b % 3 == 1:
                    world.office.now.approved.add(sha256)
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
    """Time goes by; the server's own clock may be set back a little."""
    minutes = (1, 30, 600, 1440, 4 * 1440, 9 * 1440, -2)
    _pass(world, minutes[numbers[0] % len(minutes)])


def absence(world: World, numbers: Numbers) -> None:
    """500 days, in which one phone is in a drawer; the others are used, and old tombstones are thrown away."""
    away = phone_of(world, numbers[0])
    _pass(world, 250 * 1440)
    for phone in world.phones:
        if phone is not away:
            phone.sync()
    _pass(world, 250 * 1440)
    with world.writing() as session:
        purge_tombstones(session, world.office.head_before(world.time.now() - KEPT))


def _pass(world: World, minutes: int) -> None:
    head = world.head()
    world.office.now.heads.append((world.time.now(), head))
    world.time.pass_by(minutes=minutes)


def back_up(world: World, numbers: Numbers) -> None:
    world.back_up()


def restore(world: World, numbers: Numbers) -> None:
    world.restore(older=numbers[0] % 3 == 0)
