"""One event a fire: detections that may be of the same ground and time are of one event, directly or by way of others.

Two are linked when their middles are no farther apart than both can be off and a margin, and their times no more than
some hours. Events are what hangs together; so the order in which detections come does not matter. An event keeps its
id for good. Where a new detection bridges two events, the one that was opened earlier stands (of equals the smaller
id) and the other is merged into it.

Knows places and times; nothing of sources, zones or tasks. Distances are plane ones in the frame of 108° E, which
stretches them by less than 0.3 % anywhere in Guangxi.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.admin import Indices
from geo.proj import LIUZHOU_EPSG, project

_DAY_SECONDS = 86_400.0


class Sighting(Protocol):
    """What is needed of a detection, new or stored: CGCS2000 degrees, its time or span, metres that it may be off."""

    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...
    @property
    def instant(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def reach_m(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Linking:
    """`margin_m` is added to what both sightings may be off; `hours` may lie between them. Guesses, to be tried."""

    margin_m: float = 200.0
    hours: float = 12.0


@dataclass(frozen=True, slots=True)
class Member:
    """A stored detection of an event. Every one that may be linked to a new one belongs in the call."""

    event_id: str
    lon: float
    lat: float
    instant: datetime
    until: datetime | None
    reach_m: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """`event_ids`: of the new detections, in their order. `opened`: events that are new, with the instant of their
    first detection. `merged`: an event that ends, and the one that it was merged into, which is never one that ends."""

    event_ids: tuple[str, ...]
    opened: Mapping[str, datetime]
    merged: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Where and when a stored detection may be linked to a new one: degrees and instants, on the wide side."""

    west: float
    south: float
    east: float
    north: float
    first: datetime
    last: datetime


def neighbourhood(new: Sequence[Sighting], most_reach_m: float, linking: Linking | None = None) -> Neighbourhood | None:
    """What a caller has to look up before `group`; None for no detections. `most_reach_m`: of any stored one."""
    if not new:
        return None
    linking = linking or Linking()
    metres = max(s.reach_m for s in new) + most_reach_m + linking.margin_m
    degrees = 1.02 * metres / 100_000.0  # of longitude up to 26 N, and more than enough of latitude
    lons, lats = [s.lon for s in new], [s.lat for s in new]
    hours = timedelta(hours=linking.hours)
    return Neighbourhood(
        west=min(lons) - degrees,
        south=min(lats) - degrees,
        east=max(lons) + degrees,
        north=max(lats) + degrees,
        first=min(s.instant for s in new) - hours,
        last=max(s.until or s.instant for s in new) + hours,
    )


def group(
    new: Sequence[Sighting],
    members: Sequence[Member],
    opened: Mapping[str, datetime],
    new_id: Callable[[], str],
    linking: Linking | None = None,
) -> Grouping:
    """The events of new detections. `members`: stored detections near them (see `neighbourhood`). `opened`: when each
    of their events was opened, any instant that orders them. `new_id` is asked once for each new event, those in the
    order of their first detection (then place)."""
    everything: list[Sighting] = [*new, *members]
    labels = components(everything, linking or Linking(), _same_event(members, len(new)))
    events_of: dict[int, set[str]] = {}
    for label, member in zip(labels[len(new) :].tolist(), members, strict=True):
        events_of.setdefault(label, set()).add(member.event_id)
    merged: dict[str, str] = {}
    started: dict[str, datetime] = {}
    event_of: dict[int, str] = {}
    order = sorted(range(len(new)), key=lambda i: (new[i].instant, new[i].lon, new[i].lat))
    for i in order:
        label = int(labels[i])
        if label in event_of:
            continue
        known = sorted(events_of.get(label, ()), key=lambda event: (opened[event], event))
        if known:
            event_of[label] = known[0]
            merged.update(dict.fromkeys(known[1:], known[0]))
        else:
            event_of[label] = new_id()
            started[event_of[label]] = new[i].instant
    return Grouping(tuple(event_of[int(label)] for label in labels[: len(new)]), started, dict(sorted(merged.items())))


def components(sightings: Sequence[Sighting], linking: Linking, known: NDArray[np.intp] | None = None) -> Indices:
    """A label for each sighting, equal for those that hang together: the least index among them.

    `known`: pairs, as two rows of indices, that are linked whatever their place and time.
    """
    labels = np.arange(len(sightings), dtype=np.intp)
    if len(sightings) < 2:
        return labels
    pairs = _links(sightings, linking)
    if known is not None:
        pairs = np.concatenate([pairs, known], axis=1)
    while pairs.size:
        # The lesser label of each pair to both, then each label's own label, until nothing moves.
        least = np.minimum(labels[pairs[0]], labels[pairs[1]])
        before = labels.copy()
        for side in pairs:
            np.minimum.at(labels, side, least)
            np.minimum.at(labels, before[side], least)
        labels = labels[labels]
        if np.array_equal(labels, before):
            break
    return labels


def _links(sightings: Sequence[Sighting], linking: Linking) -> NDArray[np.intp]:
    """Pairs of linked sightings, as two rows of indices.

    Time is cut into slabs as long as a link can span, so that a chimney that glows every night for a year is compared
    with yesterday's only.
    """
    east, north = project(np.array([s.lon for s in sightings]), np.array([s.lat for s in sightings]), LIUZHOU_EPSG)
    points: Any = shapely.points(east, north)
    reach = np.array([s.reach_m for s in sightings])
    start = np.array([s.instant.timestamp() for s in sightings])
    end = np.array([(s.until or s.instant).timestamp() for s in sightings])
    gap = linking.hours * 3600.0
    # Two of one slab or of neighbouring ones: as a link spans at most the gap and the longest sighting.
    slab = np.floor(start / max(gap + float((end - start).max()), 1.0)).astype(np.int64)
    order = np.argsort(slab, kind="stable")
    numbers, firsts = np.unique(slab[order], return_index=True)
    groups = dict(zip(numbers.tolist(), np.split(order, firsts[1:]), strict=True))
    found: list[NDArray[np.intp]] = []
    for number, own in groups.items():
        both = np.concatenate([own, groups[number + 1]]) if number + 1 in groups else own
        tree = shapely.STRtree(points[both])
        farthest = reach[own] + float(reach[both].max()) + linking.margin_m
        i, j = tree.query(points[own], predicate="dwithin", distance=farthest)
        a, b = own[i], both[j]
        near = a != b
        near &= np.maximum(start[a] - end[b], start[b] - end[a]) <= gap
        near &= shapely.distance(points[a], points[b]) <= reach[a] + reach[b] + linking.margin_m
        found.append(np.stack([a[near], b[near]]))
    return np.concatenate(found, axis=1)


def _same_event(members: Sequence[Member], offset: int) -> NDArray[np.intp]:
    """Members of one event hang together, though those between them may be too far away to be asked about."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(member.event_id, i), i) for i, member in enumerate(members)]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2).T + offset


def best_placed(sightings: Sequence[Sighting]) -> int:
    """Which of an event's sightings tells its place best: the one that may be least off, of equals the earliest."""
    if not sightings:
        raise ValueError("an event has a sighting")
    return min(range(len(sightings)), key=lambda i: (sightings[i].reach_m, sightings[i].instant, i))
