"""Conditions as data: all / any / not over `{field, op, value}`, judged true, false or unknown.

Three-valued (Kleene) so that a site whose attribute nobody has filled in still shows the item, marked. The same vectors
(`condition-vectors.json`) are run by clients in other languages. Knows nothing of packs or items.
"""

import math
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from .errors import ConditionInvalid

OPS = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "known")
MAX_DEPTH = 16


class Truth(Enum):
    """A judged condition."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool) -> "Truth":
        """The Truth of a plain boolean."""
        return cls.TRUE if value else cls.FALSE


def negate(truth: Truth) -> Truth:
    """Not: unknown stays unknown."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, Truth.UNKNOWN)


def conjunction(*parts: Truth) -> Truth:
    """All: one false decides, else one unknown makes it unknown."""
    if Truth.FALSE in parts:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in parts else Truth.TRUE


def disjunction(*parts: Truth) -> Truth:
    """Any: one true decides, else one unknown makes it unknown."""
    if Truth.TRUE in parts:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in parts else Truth.FALSE


def evaluate(condition: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> Truth:
    """Judge a condition on a site's attributes; no condition is true.

    A missing or null attribute, or one of another type than the condition's value, is unknown; only `known` turns
    absence into true or false. Raises ConditionInvalid.
    """
    if condition is None:
        return Truth.TRUE
    check(condition)
    return _evaluate(condition, attributes)


def check(condition: Any) -> None:
    """Raise ConditionInvalid unless `condition` has the declarative form."""
    for _ in leaves(condition):
        pass


def leaves(condition: Any, depth: int = 1) -> Iterator[Mapping[str, Any]]:
    """Every comparison in a condition, checked on the way. Raises ConditionInvalid."""
    if depth > MAX_DEPTH:
        raise ConditionInvalid(f"nested deeper than {MAX_DEPTH}")
    if not isinstance(condition, Mapping):
        raise ConditionInvalid("a condition is an object")
    keys = set(condition)
    if keys in ({"all"}, {"any"}):
        parts = condition["all"] if "all" in keys else condition["any"]
        if not isinstance(parts, list) or not parts:
            raise ConditionInvalid("all and any take a list that is not empty")
        for part in parts:
            yield from leaves(part, depth + 1)
    elif keys == {"not"}:
        yield from leaves(condition["not"], depth + 1)
    else:
        _check_leaf(condition, keys)
        yield condition


def unknown_fields(condition: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that one would have to fill in to decide an unknown condition, sorted."""
    if condition is None:
        return ()
    return tuple(sorted({leaf["field"] for leaf in leaves(condition) if _compare(leaf, attributes) is Truth.UNKNOWN}))


def _check_leaf(leaf: Mapping[str, Any], keys: set[str]) -> None:
    op, field = leaf.get("op"), leaf.get("field")
    if op not in OPS or not isinstance(field, str) or not field:
        raise ConditionInvalid("a comparison needs a field and an op of " + ", ".join(OPS))
    if keys != ({"field", "op"} if op == "known" else {"field", "op", "value"}):
        raise ConditionInvalid(f"{op} takes field, op" + ("" if op == "known" else " and value"))
    if op == "known":
        return
    value = leaf["value"]
    if op == "in":
        if not isinstance(value, list) or not value or len({_type(each) for each in value}) != 1 or not _type(value[0]):
            raise ConditionInvalid("in takes a list of values of one type")
    elif not _type(value) or (op in ("lt", "lte", "gt", "gte") and _type(value) == "boolean"):
        raise ConditionInvalid(f"{op} cannot compare with {value!r}")


def _type(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number" if isinstance(value, int) or math.isfinite(value) else None
    return "string" if isinstance(value, str) else None


def _evaluate(condition: Mapping[str, Any], attributes: Mapping[str, Any]) -> Truth:
    if "all" in condition:
        return conjunction(*(_evaluate(part, attributes) for part in condition["all"]))
    if "any" in condition:
        return disjunction(*(_evaluate(part, attributes) for part in condition["any"]))
    if "not" in condition:
        return negate(_evaluate(condition["not"], attributes))
    return _compare(condition, attributes)


def _compare(leaf: Mapping[str, Any], attributes: Mapping[str, Any]) -> Truth:
    actual, op = attributes.get(leaf["field"]), leaf["op"]
    if op == "known":
        return Truth.of(actual is not None)
    wanted = leaf["value"]
    if actual is None or _type(actual) != _type(wanted[0] if op == "in" else wanted):
        return Truth.UNKNOWN
    if op == "in":
        return Truth.of(actual in wanted)
    return Truth.of(holds(op, actual, wanted))


def holds(op: str, actual: Any, wanted: Any) -> bool:
    """Compare two values of one type; strings by code point (used for ISO dates)."""
    result: bool
    match op:
        case "eq":
            result = actual == wanted
        case "ne":
            result = actual != wanted
        case "lt":
            result = actual < wanted
        case "lte":
            result = actual <= wanted
        case "gt":
            result = actual > wanted
        case "gte":
            result = actual >= wanted
        case _:
            raise ConditionInvalid(f"no comparison {op!r}")
    return result
