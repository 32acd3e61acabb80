"""How a step's numbers become choices: whose phone, which finding, what a person writes, which fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from tests.stories import jpeg
from tests.torture.faults import KINDS, Fault
from tests.torture.world import TorturedPhone, World

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


def crash_only(number: int) -> list[Fault]:
    """One recording in eight is cut by a crash at one of its durable steps."""
    if number % 8:
        return []
    return [Fault("crash-after" if number % 16 else "crash-before", number // 16 % 4 + 1)]
