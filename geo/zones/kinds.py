"""Which rules a zone may carry, what each is about, and which of two is the stricter.

A subject has one verdict at a point, whatever number of zones lie over it.
"""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What a rule is about."""

    BURNING = "burning"
    FUEL = "fuel"
    FIREWORKS = "fireworks"
    MACHINERY = "machinery"


class Kind(StrEnum):
    """The rules, spelt as in data and on the wire."""

    NO_BURN = "no-burn"
    """禁烧区"""
    RESTRICTED_BURN = "restricted-burn"
    """限烧区"""
    NO_HIGH_POLLUTING_FUEL = "no-high-polluting-fuel"
    """禁燃区（高污染燃料）"""
    NO_FIREWORKS = "no-fireworks"
    """禁放区"""
    MACHINERY_CONTROL = "machinery-control"
    """非道路移动机械低排放控制区"""

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return SUBJECT[self]


SUBJECT = {
    Kind.NO_BURN: Subject.BURNING,
    Kind.RESTRICTED_BURN: Subject.BURNING,
    Kind.NO_HIGH_POLLUTING_FUEL: Subject.FUEL,
    Kind.NO_FIREWORKS: Subject.FIREWORKS,
    Kind.MACHINERY_CONTROL: Subject.MACHINERY,
}
STRICTNESS = {kind: rank for rank, kind in enumerate(reversed(list(Kind)))}
"""Higher is stricter; only kinds of one subject are compared."""


class Category(StrEnum):
    """Why there is a zone here, in the words of the guides for drawing no-burn zones."""

    POPULATED = "populated"
    """人口集中地区"""
    TRAFFIC = "traffic"
    """交通干线"""
    AIRPORT = "airport"
    """机场"""
    CORRIDOR = "corridor"
    """传输通道"""
    OTHER = "other"
