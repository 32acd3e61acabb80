"""What each figure of the statistics means, and which findings it counts: one place for sums, lists and docs.

The words are `catalogue/figures.yaml`. A figure is a condition on `finding_standing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import ColumnElement, exists, select

from backend import catalogue
from backend.models import Finding, FindingStanding

FILE = Path(catalogue.__file__).with_name("figures.yaml")
SUMMED = ("found", "rectified", "closed", "on_time", "late", "repeated")
"""Figures that `figure_tally` sums; `overdue` moves with the clock and is asked of the standings."""
FIGURES = (*SUMMED[:5], "overdue", "repeated")


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of findings: one figure over the sum of others. `higher_is_better` says which way a ranking goes."""

    code: str
    of: str
    over: tuple[str, ...]
    higher_is_better: bool

    def of_counts(self, counts: Mapping[str, int]) -> dict[str, Any]:
        """Numerator, denominator and rate; a rate of nothing is null."""
        return share(counts[self.of], sum(counts[name] for name in self.over))


def share(numerator: int, denominator: int) -> dict[str, Any]:
    """A rate with what it is made of, to four places; null where there is nothing to be a share of."""
    rate = round(numerator / denominator, 4) if denominator else None
    return {"numerator": numerator, "denominator": denominator, "rate": rate}


@cache
def definitions() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Figures, rates and what stands beside them, with their words."""
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


@cache
def rates() -> Mapping[str, Rate]:
    """The rates by code."""
    return {
        code: Rate(code, said["of"], tuple(said["over"]), said["better"] == "higher")
        for code, said in definitions()["rates"].items()
    }


def standing(figure: str, as_of: datetime) -> ColumnElement[bool]:
    """The condition on `finding_standing` that keeps what a figure counts at an instant."""
    if figure == "overdue":
        return FindingStanding.due_at < as_of
    column: ColumnElement[int] = getattr(FindingStanding, figure)
    return column == 1


def counted(figure: str, as_of: datetime) -> ColumnElement[bool]:
    """The same as a condition on `finding`. What is overdue is little beside all there is, and looked up first."""
    if figure == "overdue":
        return Finding.id.in_(select(FindingStanding.finding_id).where(standing(figure, as_of)))
    return exists().where(FindingStanding.finding_id == Finding.id, standing(figure, as_of))
