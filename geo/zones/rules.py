"""Which rules hold at a point and an instant, and why: one verdict a subject, however many zones lie there.

Where zones of a subject meet, `Zone.rank` says which goes first: any zone before a default (outside the no-burn zones
everything is restricted-burn), then the stricter rule, an exact extent, the later paper. The footprint of a point is
shared out in that order, so that the shares of a verdict add up to one. On a border a bare point belongs to the zone.

Knows zones and footprints, nothing of findings or fire points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box

from geo.coordinate import lon_lat_arrays
from geo.footprint import Footprint, circle_about
from geo.locate import SURE
from geo.metres import project_shape
from geo.zones.kinds import Subject
from geo.zones.zone import Zone

NO_RULE = "no-rule"
"""Outcome: no zone on record covers the place. It does not say that the law is silent."""
UNDETERMINED = "undetermined"
"""Outcome: a zone lies in an unknown part of the area that covers the place."""
_DIGITS = 6
_LEAST = 0.5 * 10**-_DIGITS
"""A share that rounds to nothing is a slip of the pen along a border: no zone decides by it."""

Certainty = Literal["certain", "suspected"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A zone that meets a footprint at its time. `window`: the one it was matched by. `share`: of the footprint in the
    zone, whatever goes before it; of a bare point 1."""

    zone: Zone
    window: str
    share: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds about one subject.

    `outcome`: a kind's word, or NO_RULE or UNDETERMINED: the one with the largest share (of equals the first in rank).
    `certainty`: `certain` from 95 % of the footprint on, else `suspected` (疑似), for somebody to look at. `shares`: of
    every outcome, adding up to 1. `rules`: the zones that meet the footprint, first in rank first; `deciding` is the
    one that the outcome rests on, None with NO_RULE.
    """

    subject: Subject
    outcome: str
    certainty: Certainty
    share: float
    shares: dict[str, float]
    deciding: Zone | None
    rules: tuple[Rule, ...]


class ZoneIndex:
    """Immutable zones with a spatial index, safe to share between threads. Zones without a shape are left out."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.zones: tuple[Zone, ...] = tuple(sorted((z for z in zones if z.shape is not None), key=lambda z: z.rank))
        self._shapes: NDArray[Any] = np.array([zone.shape for zone in self.zones], dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        if self.zones:
            # GEOS builds its indexes on first use, and two threads must not be the ones to do so.
            shapely.prepare(self._shapes)
            inner = shapely.point_on_surface(self._shapes)
            shapely.intersects_xy(self._shapes, shapely.get_x(inner), shapely.get_y(inner))
            shapely.covers(self._shapes, inner)
        self._tree.query(shapely.Point(0.0, 0.0))

    def rules_at(self, lon: float, lat: float, instant: datetime, accuracy_m: float = 0.0) -> dict[Subject, Verdict]:
        """The verdict on each subject at a point in canonical CGCS2000 degrees, with its accuracy circle in metres.

        Raises CoordinateInvalid, OutsideFrame; ValueError for an instant without a time zone.
        """
        return self.rules_over(circle_about(lon, lat, accuracy_m), instant)

    def rules_over(self, footprint: Footprint, instant: datetime) -> dict[Subject, Verdict]:
        """The verdict on each subject over a footprint. Raises ValueError for an instant without a time zone."""
        near = self._near(footprint)
        held = [(i, window) for i in near if (window := self.zones[i].matched(instant)) is not None]
        return {
            subject: self._verdict(subject, footprint, [h for h in held if self.zones[h[0]].kind.subject is subject])
            for subject in Subject
        }

    def rules_many(self, lons: Any, lats: Any, instant: datetime, subject: Subject) -> NDArray[np.intp]:
        """The deciding zone of each of many bare points at one instant, as an index into `zones`; -1 with NO_RULE.

        Raises CoordinateInvalid; ValueError for an instant without a time zone.
        """
        x, y = lon_lat_arrays(lons, lats)
        active = np.array(
            [z.kind.subject is subject and z.matched(instant) is not None for z in self.zones], dtype=np.bool_
        )
        decided = np.full(x.shape, len(self.zones), dtype=np.intp)
        if active.any():
            points, zones = self._tree.query(shapely.points(x, y))
            asked = active[zones]
            points, zones = points[asked], zones[asked]
            inside = shapely.intersects_xy(self._shapes[zones], x[points], y[points])
            np.minimum.at(decided, points[inside], zones[inside])
        decided[decided == len(self.zones)] = -1
        return decided

    def _near(self, footprint: Footprint) -> list[int]:
        if footprint.shape is None:
            point = shapely.points(footprint.lon, footprint.lat)
            return sorted(self._tree.query(point, predicate="intersects").tolist())
        return sorted(self._tree.query(box(*footprint.box), predicate="intersects").tolist())

    def _verdict(self, subject: Subject, footprint: Footprint, held: Sequence[tuple[int, str]]) -> Verdict:
        if footprint.shape is None:
            pieces = [1.0, *[0.0] * len(held)]
            rules = [Rule(self.zones[i], window, 1.0) for i, window in held]
        else:
            rules, pieces = self._shared_out(footprint, held)
        shares: dict[str, float] = {}
        deciding: dict[str, Zone] = {}
        for rule, piece in zip(rules, pieces, strict=False):
            outcome = UNDETERMINED if rule.zone.extent == "within" else rule.zone.kind.value
            shares[outcome] = shares.get(outcome, 0.0) + piece
            if piece > _LEAST:
                deciding.setdefault(outcome, rule.zone)
        shares[NO_RULE] = 1.0 if not rules else pieces[-1]
        shares = {outcome: round(share, _DIGITS) for outcome, share in shares.items() if share > _LEAST}
        outcome = max(shares, key=lambda each: shares[each])
        share = shares[outcome]
        certainty: Certainty = "certain" if share >= SURE else "suspected"
        met = tuple(rule for rule in rules if rule.share > 0.0)
        return Verdict(subject, outcome, certainty, share, shares, deciding.get(outcome), met)

    def _shared_out(self, footprint: Footprint, held: Sequence[tuple[int, str]]) -> tuple[list[Rule], list[float]]:
        """The rules, and the share of the footprint that each decides, then what is left to none."""
        whole: Any = footprint.shape
        window_box = box(*footprint.box)
        left, total = whole, float(whole.area)
        rules: list[Rule] = []
        pieces: list[float] = []
        for i, window in held:
            if shapely.covers(self._shapes[i], window_box):
                rules.append(Rule(self.zones[i], window, 1.0))
                pieces.append(float(left.area) / total)
                left = shapely.Polygon()
                continue
            part = project_shape(shapely.intersection(self._shapes[i], window_box), footprint.epsg)
            share = float(shapely.intersection(whole, part).area) / total
            rules.append(Rule(self.zones[i], window, round(min(1.0, share), _DIGITS)))
            before = float(left.area)
            left = shapely.difference(left, part)
            pieces.append((before - float(left.area)) / total)
        return rules, [*pieces, float(left.area) / total]
