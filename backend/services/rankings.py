"""Areas and units ranked by a named rate; never persons. Ties share a rank, and few cases are no ground for one."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from backend.services import beside_figures, cells, figures, statistics
from backend.services.actor import Actor
from backend.services.errors import InputInvalid
from backend.services.figure_sums import Asked
from backend.services.visibility import UNASSIGNED

RANKED = ("county", "township", "office", "unit", "responsible_unit")
AREAS = {"coverage": ("county", "township"), "fire_handling": ("county",)}
"""Rates that are known of areas only."""
LEAST = 5
Shares = list[tuple[str, str | None, dict[str, Any]]]


def of(session: Session, actor: Actor, asked: Asked, figure: str, least: int) -> dict[str, Any]:
    """Places or units by a rate, the best first; those with a denominator under `least` after them, without a rank.

    Raises InputInvalid where the rate is not known of these, FilterInvalid, NotAllowed.
    """
    if asked.by not in AREAS.get(figure, RANKED):
        raise InputInvalid(f"{figure} is known by {' and '.join(AREAS[figure])} only.", field="by")
    higher = figures.definitions()["rates" if figure in figures.rates() else "beside"][figure]["better"] == "higher"
    found = [each for each in _shares(session, actor, asked, figure) if each[0] != UNASSIGNED]
    return {
        "by": asked.by,
        "figure": figure,
        "best": "highest" if higher else "lowest",
        "least_denominator": least,
        "from": asked.span.first.isoformat(),
        "to": asked.span.last.isoformat(),
        "items": [*ranked(found, least, higher), *_unranked(found, least)],
    }


def ranked(shares: Shares, least: int, higher: bool) -> list[dict[str, Any]]:
    """Those with enough cases, with ranks 1, 1, 3: by the exact fraction, not by what is left of it in four places."""
    enough = [(_exact(share), code, name, share) for code, name, share in shares if share["denominator"] >= least]
    ordered = sorted(enough, key=lambda each: (-each[0] if higher else each[0], each[1]))
    found: list[dict[str, Any]] = []
    for place, (exact, code, name, share) in enumerate(ordered, 1):
        ties = place > 1 and exact == ordered[place - 2][0]
        found.append({"rank": found[-1]["rank"] if ties else place, "code": code, "name": name, **share})
    return found


def _unranked(shares: Shares, least: int) -> Iterable[dict[str, Any]]:
    few = [each for each in shares if each[2]["denominator"] < least]
    return (
        {"rank": None, "code": code, "name": name, **share} for code, name, share in sorted(few, key=lambda e: e[0])
    )


def _exact(share: dict[str, Any]) -> Fraction:
    return Fraction(share["numerator"], share["denominator"])


def _shares(session: Session, actor: Actor, asked: Asked, figure: str) -> Shares:
    if figure == "coverage":
        return _covered(session, actor, asked)
    lines = statistics.of(session, actor, asked)["items"]
    if figure == "fire_handling":
        return [
            (line["code"], line["name"], line["fire_handling"]["rate"]) for line in lines if "fire_handling" in line
        ]
    return [(line["code"], line["name"], line["rates"][figure]) for line in lines]


def _covered(session: Session, actor: Actor, asked: Asked) -> Shares:
    sums: dict[str, tuple[int, int]] = {}
    for line in beside_figures.coverage(session, actor, asked.by, asked.span, asked.filters.cell, None):
        visited, n = sums.get(line["code"], (0, 0))
        sums[line["code"]] = (visited + line["inspected"]["n"], n + line["sites"]["n"])
    return [(code, cells.name(code), figures.share(*sums[code])) for code in sums]
