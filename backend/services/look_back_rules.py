"""Which close-outs are looked at again (回头看), and when: the table of `catalogue/look_back.yaml`. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from backend import catalogue

TABLE = Path(catalogue.__file__).with_name("look_back.yaml")
BY_HAND = "by-hand"
"""In place of a rule's code, where a person began a look-back that no rule had planned."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`after` and `within` are working days, `share` per cent; an empty severity or topic fits every one."""

    code: str
    after: int
    within: int
    share: int
    severity: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    again: bool = False

    def fits(self, severity: str, topic: str, again: bool) -> bool:
        by_severity = not self.severity or severity in self.severity
        return by_severity and (not self.topic or topic in self.topic) and (again or not self.again)

    def chooses(self, number: str) -> bool:
        """Whether a finding of this number is among the share: by a hash, so that nobody picks and all can check."""
        return int(hashlib.sha256(number.encode()).hexdigest()[:8], 16) % 100 < self.share


@cache
def table() -> tuple[Rule, ...]:
    """The rules in their order, read once."""
    said: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text("utf-8"))
    return tuple(
        Rule(**(row | {"severity": tuple(row.get("severity", ())), "topic": tuple(row.get("topic", ()))}))
        for row in said
    )


def rule_for(severity: str, topic: str, again: bool) -> Rule | None:
    """The rule that holds for a close-out: the first that fits, or none."""
    return next((rule for rule in table() if rule.fits(severity, topic, again)), None)
