"""One thing that is wrong with, or doubtful in, what somebody supplied: a line of a report.

A report is data: a stable code for programs and catalogues, the values that a sentence needs, and the English
sentence itself. Whether a fault refuses the whole is its reporter's rule, not said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """`code`: a stable kebab-case word. `where`: a cell's or zone's code, or the number of a row or line, from 1.

    `detail`: an English sentence. `at`: where on the map, longitude and latitude in CGCS2000 degrees. `params`: the
    values in the sentence, for catalogues in other languages.
    """

    code: str
    where: str | int | None
    detail: str
    at: tuple[float, float] | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; keys without a value are left out."""
        shown: dict[str, Any] = {"code": self.code, "where": self.where, "detail": self.detail}
        if self.at is not None:
            shown["at"] = list(self.at)
        if self.params:
            shown["params"] = dict(self.params)
        return shown


def counted(faults: Iterable[Fault]) -> dict[str, int]:
    """How many faults of each code, the most frequent first."""
    counts: dict[str, int] = {}
    for fault in faults:
        counts[fault.code] = counts.get(fault.code, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
