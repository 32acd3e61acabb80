"""Which burning rule an event falls under: by the sighting that tells its place best, at that sighting's time.

Knows detections and zones; what follows from a verdict, and for whom, is not said here.
"""

from __future__ import annotations

from collections.abc import Sequence

from geo.fire_points.detection import Detection
from geo.fire_points.events import best_placed
from geo.zones.kinds import Subject
from geo.zones.rules import Verdict, ZoneIndex


def burning_verdict(detections: Sequence[Detection], zones: ZoneIndex) -> tuple[Verdict, Detection]:
    """The verdict on an event's place and time, and the detection that it rests on.

    The shares are those of the pixel or circle, so near an edge it is a suspicion. Of a span of which only the day is
    known the middle counts: the rule in force that day. Raises OutsideFrame; ValueError for no detections.
    """
    best = detections[best_placed(detections)]
    moment = best.instant if best.until is None else best.instant + (best.until - best.instant) / 2
    return zones.rules_over(best.footprint, moment)[Subject.BURNING], best
