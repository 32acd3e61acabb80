"""Two field apps on a network and in hands that fail at random: once the faults stop, all of it has arrived, once.

Each seed is one story; a seed that fails is told again by its number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from backend.extensions import db
from backend.models import Conflict, Counter, OpRecord
from backend.transactions import writing
from tests.field_device import FieldDevice, Node
from tests.stories import Server, jpeg, new_id

STEPS = 40
ROUNDS = 3
"""Syncs that are enough once nothing fails any more: all goes up in the first, what others did comes with the next."""


class Lossy:
    """WSGI: requests and answers get lost as often as `share` says, before the server acted, after it, or half way."""

    def __init__(self, application: Callable[..., Iterable[bytes]], chance: random.Random) -> None:
        self.application = application
        self.chance = chance
        self.share = 0.0
        self.lost = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if self.chance.random() >= self.share:
            return self.application(environ, start)
        self.lost += 1
        how = self.chance.choice(("before", "after", "half way"))
        if how == "before":
            start("503 Busy", [("Content-Length", "0")])
            return []
        said: list[Any] = []
        body = b"".join(self.application(environ, lambda *words: said.extend(words[:2])))
        if how == "after" or len(body) < 2:
            start("502 Bad Gateway", [("Content-Length", "0")])
            return []
        start(said[0], said[1])
        return [body[: len(body) // 2]]


class Story:
    """What two people do, and what must have become of it."""

    def __init__(self, seed: int, server: Server, address: str, devices: dict[str, FieldDevice], lossy: Lossy) -> None:
        self.chance = random.Random(seed)
        self.server, self.address, self.lossy = server, address, lossy
        self.devices = devices
        self.reported: list[str] = []
        self.photos = 0

    def step(self) -> None:
        device = self.chance.choice(list(self.devices.values()))
        acts = (self.report, self.report, self.edit, self.sync, self.sync, self.sync_in_trouble, self.cut_power)
        self.chance.choice((*acts, self.restore))(device)

    def report(self, device: FieldDevice) -> None:
        photographed = self.chance.random() < 0.5
        self.photos += photographed
        photo = jpeg((16, 16), comment=new_id().encode()) if photographed else None
        self.reported.append(device.report(photo))

    def edit(self, device: FieldDevice) -> None:
        """Somebody's finding, whether this device has heard of it or not."""
        if self.reported:
            said = self.chance.choice(("minor", "moderate", "serious"))
            device.change(self.chance.choice(self.reported), severity=said, description=f"改为 {said} {new_id()}")

    def sync(self, device: FieldDevice) -> None:
        device.sync()

    def sync_in_trouble(self, device: FieldDevice) -> None:
        self.lossy.share = 0.3
        device.sync()
        self.lossy.share = 0.0

    def restore(self, device: FieldDevice) -> None:
        """The server counts a new epoch, as after a restore: all that phones still have goes again."""
        with self.server.app.app_context(), writing() as session:
            session.execute(update(Counter).values(epoch=new_id()))

    def cut_power(self, device: FieldDevice) -> None:
        device.do("power", writes=self.chance.randrange(12))
        device.sync()
        device.begin(self.address)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_once_the_faults_stop_everything_has_arrived_once(
    seed: int, app: Flask, server: Server, address: str, node: Node
) -> None:
    app.wsgi_app = lossy = Lossy(app.wsgi_app, random.Random(seed))  # type: ignore[method-assign]
    devices = {name: _enrolled(server, address, node, name) for name in ("wei", "mo")}
    story = Story(seed, server, address, devices, lossy)
    for _ in range(STEPS):
        story.step()
    assert lossy.lost > 0
    for _ in range(ROUNDS):
        troubles = [device.sync()["trouble"] for device in devices.values()]
    assert troubles == [None, None]
    states = [device.state() for device in devices.values()]
    assert sorted(server.findings()) == sorted(story.reported)
    assert [state["outbox"] for state in states] == [[], []]
    recorded = sum(len(one["ops"]) for state in states for one in state["submissions"])
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(OpRecord)) == recorded
        conflicts = db.session.scalar(select(func.count()).select_from(Conflict))
        db.session.remove()
    _mirrors_agree(states, story)
    standings = [one for state in states for one in state["standings"]]
    assert {one["state"] for one in standings} <= {"complete", "needs-you"}
    assert {one["reason"] for one in standings if one["state"] == "needs-you"} <= {"conflict"}
    assert sum(one["reason"] == "conflict" for one in standings) >= (conflicts or 0)


def _enrolled(server: Server, address: str, node: Node, name: str) -> FieldDevice:
    server.person(name)
    device = FieldDevice(node)
    device.begin(address)
    device.do("enrol", code=server.invite(name))
    assert device.sync()["trouble"] is None
    return device


def _mirrors_agree(states: list[dict[str, Any]], story: Story) -> None:
    """Both people see the same findings of their county, with all photos that were taken."""
    mirrors = [{row["id"]: row["row"] for row in state["rows"] if row["type"] == "finding"} for state in states]
    assert mirrors[0] == mirrors[1]
    photos = [photo for row in mirrors[0].values() for photo in row["photos"]]
    assert [photo["stored"] for photo in photos] == [True] * story.photos
