"""Ten thousand devices: what two workers get through, measured, and what they would wait, simulated from that.

    python -m bench.ten_thousand_bench [--devices 10000] [--database sqlite] [--seconds 20]

1. So many devices are in the database for real. Requests of one kind at a time are driven at two workers as fast as
   they go (16 connections, idle pulls each by another device): requests a second.
2. One client alone gives the service times: CPU outside the lock, and the time the lock is held (bench/service_times).
3. A simulation draws from exactly these samples: requests arrive at random (Poisson) in a day's hour and in the evening
   hour, take the CPU of one of N web processes, then the one lock, each first come first served. What a day is made of
   are the options below. It says the waiting times, how busy processes and lock are, and which is full first.

The simulation is kinder than the world: each process has a core of its own, the lock passes on at once, and the
database's own CPU is free.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from backend import clock
from backend.extensions import db
from backend.models import Device, DeviceToken, Grant, Stream, User
from backend.services import tokens
from backend.transactions import writing
from bench import load
from bench.fleet import Camera, Kit, equipped, townships
from bench.installation import DATABASES, Installation, installation
from bench.service_times import Alone, Samples
from sync.pull import Cursor

CONNECTIONS = 16
ALONE = 6  # devices whose requests are timed one at a time
SEED = 20261122
HOUR_S = 3600.0
PROCESSES = (2, 4, 8, 16, 32)
PUSHES = (1, 20)  # ops of a push by day, and of one in the evening


@dataclass(frozen=True, slots=True)
class Day:
    """What a device does in an hour: the assumptions of the simulation, all of them options."""

    polls: float
    ops: float
    photos: float
    evening_ops: float
    evening_photos: float

    def rates(self, evening: bool) -> dict[str, float]:
        """Requests of one device in an hour, by kind."""
        photos = self.evening_photos if evening else self.photos
        pushes = {f"push {PUSHES[1]}": self.evening_ops / PUSHES[1]} if evening else {f"push {PUSHES[0]}": self.ops}
        return {"idle pull": self.polls, **pushes, "create": photos, "photo": photos}


# -- the devices ----------------------------------------------------------------------------------------------------


def enrol_in_bulk(place: Installation, how_many: int) -> list[str]:
    """People with an enrolled device each, as rows; returns their tokens. The token has been used before."""
    codes = [code for code, _, _ in townships()]
    made = [tokens.new_token() for _ in range(how_many)]
    with place.app.app_context():
        now = clock.now()
        for start in range(0, how_many, 1000):
            rows: dict[type, list[dict[str, Any]]] = {User: [], Grant: [], Device: [], DeviceToken: [], Stream: []}
            for index in range(start, min(start + 1000, how_many)):
                user, device, token = clock.new_id(), clock.new_id(), tokens.digest(made[index])
                name = f"poller-{index + 1:05}"
                rows[User].append(
                    {"id": user, "name": name, "display_name": name, "role": "inspector", "created_at": now}
                )
                rows[Grant].append({"user_id": user, "code": codes[index % len(codes)]})
                rows[Device].append(
                    {"id": device, "user_id": user, "install": clock.new_id(), "invite_sha256": token, "name": name}
                    | {"platform": "bench", "app": "1.0.0", "enrolled_at": now}
                )
                rows[DeviceToken].append(
                    {"token_sha256": token, "device_id": device, "generation": 1, "created_at": now}
                    | {"first_used_at": now}
                )
                rows[Stream].append({"id": clock.new_id(), "device_id": device, "user_id": user, "opened_at": now})
            with writing() as session:
                for table, values in rows.items():
                    session.execute(insert(table), values)
        db.session.remove()
    return made


def cursors(place: Installation, devices: int) -> list[str]:
    """For each bulk-enrolled device the cursor of one that has everything."""
    with place.app.app_context(), db.engine.connect() as connection:
        epoch, head = connection.execute(text("SELECT epoch, value FROM counter")).one()
        known = connection.execute(
            text(
                "SELECT u.id, g.code FROM user_account u JOIN user_grant g ON g.user_id = u.id "
                "WHERE u.name LIKE 'poller-%' ORDER BY u.name"
            )
        ).all()
    assert len(known) == devices
    return [Cursor(epoch, dict.fromkeys(("global", f"user:{u}", f"area:{g}"), head), head).encode() for u, g in known]


# -- measured -------------------------------------------------------------------------------------------------------


def capacity(
    url: str, pollers: list[tuple[str, str]], kits: list[Kit], camera: Camera, seconds: float
) -> dict[str, dict[str, float]]:
    """Requests a second of each kind, driven alone over 16 connections."""
    found = {"idle pull": _driven("idle pull", seconds, partial(_poll, url, pollers))}
    for size, some in zip(PUSHES, (kits[:CONNECTIONS], kits[CONNECTIONS:]), strict=True):
        found[f"push {size}"] = _driven(f"push {size}", seconds, partial(_push, url, some, size))
    found["photo with create"] = _driven("photo", seconds, partial(_photos, url, kits[CONNECTIONS:], camera))
    return found


Drive = Callable[[load.Ledger, float, int], None]


def _driven(kind: str, seconds: float, drive: Drive) -> dict[str, float]:
    ledger, begun = load.Ledger(), perf_counter()
    load.together([partial(drive, ledger, begun + seconds, lane) for lane in range(CONNECTIONS)])
    spent = perf_counter() - begun
    if ledger.failures():
        print(f"  answers that put off or failed: {ledger.failures()}")
    p50, p95, p99 = ledger.percentiles(kind)
    return {"per_s": len(ledger.seconds[kind]) / spent, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def _poll(url: str, pollers: list[tuple[str, str]], ledger: load.Ledger, until: float, lane: int) -> None:
    with load.line(url, "", ledger) as phone:
        for index in count(lane, CONNECTIONS):
            token, cursor = pollers[index % len(pollers)]
            phone.ask("idle pull", "GET", f"/api/v1/sync/pull?cursor={cursor}", Authorization=f"Bearer {token}")
            if perf_counter() >= until:
                return


def _push(url: str, kits: list[Kit], size: int, ledger: load.Ledger, until: float, lane: int) -> None:
    """Until the time is over, or all that this device has is handed in."""
    with load.line(url, kits[lane].token, ledger) as phone:
        for body in kits[lane].bodies(size):
            phone.insist(f"push {size}", "POST", "/api/v1/sync/push", body, Content_Type="application/json")
            if perf_counter() >= until:
                return


def _photos(url: str, kits: list[Kit], camera: Camera, ledger: load.Ledger, until: float, lane: int) -> None:
    with load.line(url, kits[lane].token, ledger) as phone:
        for picture in kits[lane].pictures:
            load.upload(phone, picture, camera.bytes_of(picture))
            if perf_counter() >= until:
                return


def service_times(place: Installation, kits: list[Kit], camera: Camera) -> dict[str, Samples]:
    """Samples of each kind; `kits` are those of one device to warm up, one to push singly, and some for the evening."""
    alone = Alone(place)
    warm, single, *evenings = kits
    evening = evenings[0]
    alone.take([partial(alone.push, warm, body) for body in warm.bodies()], 200)
    found = {f"push {PUSHES[0]}": alone.take([partial(alone.push, single, b) for b in single.bodies(PUSHES[0])], 200)}
    many = [partial(alone.push, kit, body) for kit in evenings for body in kit.bodies(PUSHES[1])]
    found[f"push {PUSHES[1]}"] = alone.take(many, 200)
    found["create"], found["photo"] = alone.photos(evening, camera)
    cursor = alone.up_to_date(evening)
    polls = [partial(alone.pull, evening.token, cursor)] * 100
    alone.take(polls[:10], 200)
    found["idle pull"] = alone.take(polls, 200)
    return found


# -- simulated ------------------------------------------------------------------------------------------------------


def simulate(
    rng: np.random.Generator, rates: Mapping[str, float], samples: Mapping[str, Samples], devices: int, processes: int
) -> dict[str, Any]:
    """One hour: how long requests take from arrival to answer, and how busy processes and lock are."""
    kinds = list(rates)
    numbers = [rng.poisson(rates[kind] * devices) for kind in kinds]
    kind_of = np.repeat(np.arange(len(kinds)), numbers)
    at = rng.uniform(0, HOUR_S, len(kind_of))
    cpu, held = np.empty(len(at)), np.empty(len(at))
    for index, kind in enumerate(kinds):
        mine = kind_of == index
        drawn = rng.integers(0, len(samples[kind].outside), mine.sum())
        cpu[mine], held[mine] = samples[kind].outside[drawn], samples[kind].held[drawn]
    ready = _served(at, cpu, processes)
    needs_lock = held > 0
    done = ready.copy()
    done[needs_lock] = _served(ready[needs_lock], held[needs_lock], 1)
    taken = done - at
    mean = {kind: float(taken[kind_of == i].mean() * 1000) for i, kind in enumerate(kinds) if numbers[i]}
    waits = {kind: np.percentile(taken[kind_of == i], (50, 95, 99)) for i, kind in enumerate(kinds) if numbers[i]}
    return {
        "processes": processes,
        "cpu_busy": float(cpu.sum() / HOUR_S / processes),
        "lock_busy": float(held.sum() / HOUR_S),
        "last_done_s": float(done.max() - HOUR_S),
        "mean_ms": mean,
        "ms": {kind: [float(value) * 1000 for value in values] for kind, values in waits.items()},
    }


def _served(at: np.ndarray, takes: np.ndarray, servers: int) -> np.ndarray:
    """When each is done that arrives `at` and takes so long, with some equal servers and one queue."""
    done = np.empty(len(at))
    free = [0.0] * servers
    heapify(free)
    for index in np.argsort(at, kind="stable").tolist():
        end = max(heappop(free), at[index]) + takes[index]
        done[index] = end
        heappush(free, end)
    return done


def most_devices(rates: Mapping[str, float], samples: Mapping[str, Samples]) -> tuple[float, float]:
    """How many devices fill the lock, and how many web processes that takes."""
    lock = sum(rate * samples[kind].held.mean() for kind, rate in rates.items()) / HOUR_S
    cpu = sum(rate * samples[kind].outside.mean() for kind, rate in rates.items()) / HOUR_S
    return 1 / lock, cpu / lock


# -- told -----------------------------------------------------------------------------------------------------------


def measure(database: str, devices: int, seconds: float, ops: int, day: Day, cpu_only: bool) -> dict[str, Any]:
    camera = Camera()
    with installation(database) as place:
        crew = list(equipped(place.app, ALONE + 2 * CONNECTIONS, ops // 2, ops - ops // 2, camera))
        begun = perf_counter()
        made = enrol_in_bulk(place, devices)
        print(f"{database}: {devices} devices enrolled in {perf_counter() - begun:.1f} s", flush=True)
        samples = service_times(place, crew[:ALONE], camera)
        pollers = list(zip(made, cursors(place, devices), strict=True))
        with place.serving(workers=2) as server:
            reached = capacity(server.url, pollers, crew[ALONE:], camera, seconds)
    show_measured(reached, samples)
    if cpu_only:
        samples = {kind: replace(each, held=each.held_cpu) for kind, each in samples.items()}
    rng = np.random.default_rng(SEED)
    result: dict[str, Any] = {"database": database, "capacity": reached}
    result["service_ms"] = {
        kind: {"cpu_outside": each.outside.mean() * 1000, "held": each.held.mean() * 1000}
        for kind, each in samples.items()
    }
    for hour, evening in (("day", False), ("evening", True)):
        rates = day.rates(evening)
        result[hour] = [simulate(rng, rates, samples, devices, processes) for processes in PROCESSES]
        most, processes = most_devices(rates, samples)
        result[f"{hour}_bound"] = {"devices": most, "processes": processes}
        show_hour(hour, devices, rates, result[hour], most, processes)
    return result


def show_measured(reached: Mapping[str, Mapping[str, float]], samples: Mapping[str, Samples]) -> None:
    print(f"  2 workers, {CONNECTIONS} connections, one kind at a time:")
    for kind, each in reached.items():
        print(
            f"    {kind:18}{each['per_s']:>8.1f}/s   p50 {each['p50_ms']:>7.0f} ms   p95 {each['p95_ms']:>7.0f} ms   "
            f"p99 {each['p99_ms']:>7.0f} ms"
        )
    print("  alone, mean of a request:")
    for kind, one in samples.items():
        print(
            f"    {kind:18}{one.outside.mean() * 1000:>8.2f} ms CPU outside the lock, lock held "
            f"{one.held.mean() * 1000:>8.2f} ms ({one.held_cpu.mean() * 1000:.2f} CPU here; {len(one.held)} samples)"
        )


def show_hour(
    hour: str,
    devices: int,
    rates: Mapping[str, float],
    runs: list[dict[str, Any]],
    most: float,
    processes: float,
) -> None:
    wanted = ", ".join(f"{rate:g} {kind}" for kind, rate in rates.items())
    print(f"  simulated {hour} hour of {devices} devices, each an hour: {wanted}")
    for run in runs[:1] if runs[0]["lock_busy"] >= 1 else runs:  # beyond a full lock more processes change nothing
        times = ", ".join(f"{kind} {'/'.join(map(_short, v))}" for kind, v in run["ms"].items())
        late = f"; the last answer {run['last_done_s']:.0f} s after the hour" if run["last_done_s"] > 60 else ""
        print(
            f"    {run['processes']:>2} processes {run['cpu_busy']:>5.0%} busy, lock {run['lock_busy']:>5.0%}: "
            f"p50/p95/p99 {times}{late}"
        )
    beside = f"below {processes:.1f} processes their CPU is full first" if processes > 1 else "whatever the processes"
    print(f"    the lock is full at {most:,.0f} such devices; {beside}", flush=True)


def _short(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 10_000 else f"{ms / 1000:.0f} s"


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each kind of request, measured")
    parser.add_argument("--ops", type=int, default=60, help="that each of the 38 pushing devices has in hand")
    parser.add_argument("--polls", type=float, default=6.0, help="idle pulls of a device in an hour")
    parser.add_argument("--ops-per-hour", type=float, default=4.0, help="by day, each pushed by itself")
    parser.add_argument("--photos-per-hour", type=float, default=2.0)
    parser.add_argument("--evening-ops", type=float, default=20.0, help="in the evening hour, in pushes of 20")
    parser.add_argument("--evening-photos", type=float, default=10.0)
    parser.add_argument(
        "--cpu-only",
        action="store_true",
        help="simulate with the CPU of the time that the lock is held, for a machine that others use: a lower bound",
    )
    parser.add_argument("--database", choices=DATABASES, help="one of them only")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    day = Day(options.polls, options.ops_per_hour, options.photos_per_hour, options.evening_ops, options.evening_photos)
    results = [
        measure(database, options.devices, options.seconds, options.ops, day, options.cpu_only)
        for database in ([options.database] if options.database else DATABASES)
    ]
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
