"""The published packs on disk: every version ever published, loaded, verified against the lock, found by unit,
topic and day.

Must not change anything (publish.py does) and must not know of topic files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import versions
from .conditions import Truth
from .errors import PackNotFound
from .model import Pack, pack_from
from .selection import area_truth, in_force

HERE = Path(__file__).parent
PUBLISHED = HERE / "published"
LOCK = HERE / "published.lock.yaml"


@dataclass(frozen=True)
class Published:
    """A published version: the pack, its canonical bytes as devices receive them, their SHA-256, and its retirement.

    A retired version is no longer offered for new inspections but is read for ever.
    """

    pack: Pack
    data: bytes
    sha256: str
    retired_on: date | None


Library = Mapping[tuple[str, str], Published]


@cache
def shipped() -> Library:
    """The packs that come with this code, by (code, version); read once. Raises PackChanged."""
    return load(PUBLISHED, LOCK)


def load(folder: Path, lock_file: Path) -> Library:
    """All packs of a folder. Raises PackChanged when a file is not the one that was locked."""
    lock = read_lock(lock_file)
    hashes = {name: entry["sha256"] for name, entry in lock.items()}
    found: dict[tuple[str, str], Published] = {}
    for path in sorted(folder.glob("*.json")):
        data: dict[str, Any] = json.loads(path.read_bytes())
        name = versions.pin(str(data.get("code")), str(data.get("version")))
        digest = versions.require_locked(name, data, hashes)
        pack = pack_from(data)  # it was checked against the schema when it was published, and has not changed since
        found[pack.code, pack.version] = Published(pack, versions.canonical(data), digest, lock[name].get("retired_on"))
    if missing := sorted(set(lock) - {versions.pin(*key) for key in found}):
        raise PackNotFound(f"locked but not in {folder.name}: {missing}", missing=missing)
    return found


def read_lock(path: Path) -> dict[str, dict[str, Any]]:
    """`code@version` → {sha256, retired_on?}; empty when there is no file yet."""
    return (yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}


def get(code: str, version: str, packs: Library | None = None) -> Published:
    """The version that an inspection pinned, retired or not. Raises PackNotFound."""
    packs = shipped() if packs is None else packs
    try:
        return packs[code, version]
    except KeyError:
        raise PackNotFound(f"no checklist {code}@{version}", checklist=code, checklist_version=version) from None


def offered(unit: str, day: date, topic: str | None = None, packs: Library | None = None) -> list[Published]:
    """The newest version in force of each pack whose area surely holds the unit, by code."""
    packs = shipped() if packs is None else packs
    newest: dict[str, Published] = {}
    for each in packs.values():
        pack = each.pack
        if topic not in (None, pack.topic) or area_truth(pack.area, unit) is not Truth.TRUE:
            continue
        if in_force(pack.valid_from, pack.valid_to, day) is not Truth.TRUE:
            continue
        if each.retired_on is not None and each.retired_on <= day:
            continue
        best = newest.get(pack.code)
        if best is None or order(pack.version) > order(best.pack.version):
            newest[pack.code] = each
    return [newest[code] for code in sorted(newest)]


def order(version: str) -> tuple[int, ...]:
    """Versions compare by number: 2024.10 follows 2024.9."""
    return tuple(int(part) for part in version.split("."))
