"""The double-random draw (双随机) itself: frozen lists and a seed in, sites and officers out; nothing else decides.

Knows no database, no clock and no source of chance. Every order is that of a SHA-256 over the seed and an id, all
counts are whole numbers, so that the same lists and the same seed give the same bytes on any machine and in any
order of the lists. `docs/draws.md` tells the steps; a change of any of them needs a new ALGORITHM.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALGORITHM = "bluegrid-double-random-1"
CLASSES = ("key", "special", "general")
MOST_OFFICERS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A site that may be drawn; `cells` are its cell and all above it, `stratum` the one by which it is counted."""

    id: str
    site_class: str
    stratum: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who may be sent to sites below one of `cells`."""

    id: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """All that a draw rests on beside its seed. `rates`: whole per cent of each class; `barred`: (officer, site)."""

    sites: tuple[Candidate, ...]
    officers: tuple[Officer, ...]
    rates: Mapping[str, int]
    officers_per_site: int
    barred: frozenset[tuple[str, str]]

    def document(self) -> dict[str, Any]:
        """The lists in the one order that is stored and hashed, whatever order they came in."""
        return {
            "sites": [
                {"id": one.id, "class": one.site_class, "stratum": one.stratum, "cells": sorted(one.cells)}
                for one in sorted(self.sites, key=lambda one: one.id)
            ],
            "officers": [
                {"id": one.id, "cells": sorted(one.cells)} for one in sorted(self.officers, key=lambda one: one.id)
            ],
            "rates": {name: self.rates[name] for name in CLASSES},
            "officers_per_site": self.officers_per_site,
            "barred": [list(pair) for pair in sorted(self.barred)],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Lists:
        """The lists that `document` wrote down."""
        return cls(
            sites=tuple(
                Candidate(one["id"], one["class"], one["stratum"], tuple(one["cells"])) for one in document["sites"]
            ),
            officers=tuple(Officer(one["id"], tuple(one["cells"])) for one in document["officers"]),
            rates=document["rates"],
            officers_per_site=document["officers_per_site"],
            barred=frozenset((officer, site) for officer, site in document["barred"]),
        )


def draw(lists: Lists, seed: str) -> dict[str, Any]:
    """Who goes where: `visits` in the order drawn, each with its officers, and the `quotas` by class and stratum.

    A visit's `missing` is how many officers could not be found for it; such a site is drawn nevertheless.
    """
    classes: dict[str, dict[str, list[Candidate]]] = {name: defaultdict(list) for name in CLASSES}
    for site in lists.sites:
        classes[site.site_class][site.stratum].append(site)
    drawn: list[Candidate] = []
    quotas: dict[str, dict[str, int]] = {}
    for name, strata in classes.items():
        quotas[name] = _quotas(name, {stratum: len(sites) for stratum, sites in strata.items()}, lists.rates, seed)
        for stratum, sites in strata.items():
            ranked = sorted(sites, key=lambda site: (_rank(seed, "site", site.id), site.id))
            drawn += ranked[: quotas[name][stratum]]
    drawn.sort(key=lambda site: (_rank(seed, "site", site.id), site.id))
    return {"visits": _visits(drawn, lists, seed), "quotas": quotas}


def quota(count: int, rate: int) -> int:
    """How many of `count` sites a rate in per cent asks for: never fewer than the rate, so a part counts as one."""
    return -(-count * rate // 100)


def _quotas(name: str, counts: Mapping[str, int], rates: Mapping[str, int], seed: str) -> dict[str, int]:
    """A class's quota spread over its strata by largest remainders; equal remainders are settled by the seed."""
    total = sum(counts.values())
    wanted = quota(total, rates[name])
    found = {stratum: wanted * count // total for stratum, count in counts.items()}
    by_remainder = sorted(
        counts,
        key=lambda stratum: (-(wanted * counts[stratum] % total), _rank(seed, "stratum", name, stratum), stratum),
    )
    for stratum in by_remainder[: wanted - sum(found.values())]:
        found[stratum] += 1
    return dict(sorted(found.items()))


def _visits(drawn: Sequence[Candidate], lists: Lists, seed: str) -> list[dict[str, Any]]:
    """Officers for each site in turn: of those who may go, the least burdened so far, then by the seed."""
    burden: Counter[str] = Counter()
    by_cell: dict[str, list[Officer]] = defaultdict(list)
    for officer in lists.officers:
        for cell in set(officer.cells):
            by_cell[cell].append(officer)
    visits: list[dict[str, Any]] = []
    for site in drawn:
        able = {one.id for one in _reaching(site, by_cell) if (one.id, site.id) not in lists.barred}
        ranked = sorted(able, key=lambda one: (burden[one], _rank(seed, "officer", site.id, one), one))
        sent = ranked[: lists.officers_per_site]
        burden.update(sent)
        missing = lists.officers_per_site - len(sent)
        visits.append({"site": site.id, "class": site.site_class, "officers": sent, "missing": missing})
    return visits


def _reaching(site: Candidate, by_cell: Mapping[str, list[Officer]]) -> Iterable[Officer]:
    return (officer for cell in site.cells for officer in by_cell.get(cell, ()))


def _rank(seed: str, *about: str) -> bytes:
    """A number as good as chance, the same whenever the seed and what it is about are. Lengths keep parts apart."""
    parts = [ALGORITHM, seed, *about]
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)).digest()
