"""What the office and its machines do: grants, decisions, sweeps, backups, restores, and time that goes by."""

from __future__ import annotations

from sqlalchemy import delete

from backend import failpoints
from backend.models import Grant, OpRecord
from backend.receipt_key import server_key
from backend.services import accounts, attention, evidence, tombstones, uploads
from backend.services.errors import ServiceError
from backend.services.receiving import Receiver
from backend.storage import blobs
from backend.transactions import reading, writing
from tests.torture.choosing import GRANTS, Numbers, phone_of
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
            ended = uploads.sweep_expired(session, world.time.now())
        for upload_id in ended:
            store.discard(upload_id)


def wait(world: World, numbers: Numbers) -> None:
    """Time goes by; the server's own clock may be set back a little."""
    minutes = (1, 30, 600, 1440, 4 * 1440, 9 * 1440, -2)
    world.time.pass_by(minutes=minutes[numbers[0] % len(minutes)])


def absence(world: World, numbers: Numbers) -> None:
    """500 days, in which one phone is in a drawer; the others are used, and old tombstones are thrown away."""
    away = phone_of(world, numbers[0])
    world.time.pass_by(days=250)
    _work_of_the_day(world)
    for phone in world.phones:
        if phone is not away:
            phone.sync()
    world.time.pass_by(days=250)
    _work_of_the_day(world)


def _work_of_the_day(world: World) -> None:
    """Days are sealed and old tombstones purged, as the job consumer does it."""
    now = world.time.now()
    with world.writing() as session:
        evidence.seal(session, server_key().signing, now, server_key().register)
    removed = tombstones.A_COMMIT
    while removed == tombstones.A_COMMIT:
        with world.writing() as session:
            removed = tombstones.purge(session, now, tombstones.A_COMMIT)


def back_up(world: World, numbers: Numbers) -> None:
    world.back_up(_a_death("backup-", numbers[0]))


def restore(world: World, numbers: Numbers) -> None:
    world.restore(numbers[0] % 3 == 0, _a_death("restore-", numbers[1]))


def _a_death(kind: str, number: int) -> str | None:
    """One backup or restore in three is killed at one of its points."""
    points = [name for name in failpoints.BACKUP_NAMES if name.startswith(kind)]
    return points[number // 3 % len(points)] if number % 3 == 0 else None
