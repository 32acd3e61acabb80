"""Which bounding boxes hold a point: a coarse raster of lists, for one point at a time.

Half the price of asking the tree about a single point, and the tree stays for everything else. Knows boxes only.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

_MOST_A_SIDE = 64

Entry = tuple[int, float, float, float, float]


class Buckets:
    """An immutable index of boxes, given as an array of west, south, east, north."""

    def __init__(self, boxes: Any) -> None:
        count = len(boxes)
        self._side = max(1, min(_MOST_A_SIDE, 2 * isqrt(count)))
        self._west, self._south = (float(v) for v in boxes[:, :2].min(axis=0)) if count else (0.0, 0.0)
        self._east, self._north = (float(v) for v in boxes[:, 2:].max(axis=0)) if count else (-1.0, -1.0)
        self._across = self._side / max(self._east - self._west, 1e-9)
        self._up = self._side / max(self._north - self._south, 1e-9)
        self._lists: list[list[Entry]] = [[] for _ in range((self._side + 1) ** 2)]
        for slot, (west, south, east, north) in enumerate(boxes.tolist() if count else []):
            for column in range(self._column(west), self._column(east) + 1):
                for row in range(self._row(south), self._row(north) + 1):
                    self._lists[column * (self._side + 1) + row].append((slot, west, south, east, north))

    def holding(self, lon: float, lat: float) -> list[int]:
        """The numbers, ascending, of the boxes that hold a point, their rims included."""
        if not (self._west <= lon <= self._east and self._south <= lat <= self._north):
            return []
        # Rounding is monotonous, so a point within a box is never in a column or row outside the box's own.
        entries = self._lists[self._column(lon) * (self._side + 1) + self._row(lat)]
        return [i for i, west, south, east, north in entries if west <= lon <= east and south <= lat <= north]

    def _column(self, lon: float) -> int:
        return int((lon - self._west) * self._across)

    def _row(self, lat: float) -> int:
        return int((lat - self._south) * self._up)
