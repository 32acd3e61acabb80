"""When an item is asked, as an XPath expression that a form on a phone can judge.

Three-valued logic in two halves: `possible` (not surely false: the item is shown) and `certain` (surely true). An empty
answer is unknown. Must not know of rows and sheets (xlsform.py).
"""

from collections.abc import Iterable, Mapping
from typing import Any

DAY, UNIT, KINDS, ZONES = "inspection_date", "unit", "site_kinds", "zones"
NO_ZONE = "none_of_these"
SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

Data = Mapping[str, Any]


def shown(item: Data) -> str:
    """The item might apply: area, kind, zone, month, days and condition each may hold. Empty when nothing limits it."""
    applies = item["applies"]
    return _and(
        [
            _area(applies["area"]),
            _choices(KINDS, applies["site_kinds"]),
            _choices(ZONES, applies.get("zones", [])),
            _months(applies.get("months", [])),
            *_days(applies["valid_from"], applies["valid_to"]),
            possible(applies["when"]) if applies["when"] else "",
        ]
    )


def possible(when: Data) -> str:
    """Not surely false."""
    return _half(when, sure=False)


def certain(when: Data) -> str:
    """Surely true."""
    return _half(when, sure=True)


def within(answer: Data) -> str:
    """The answer itself (`.`) keeps the limit that holds; a further limit holds where its condition surely does."""
    said = _bound(answer["threshold"])
    for other in reversed(answer.get("limits", [])):
        said = f"if({certain(other['when'])}, {_bound(other)}, {said})"
    return said


def quoted(text: str) -> str:
    """A text as an XPath literal; codes and words of packs hold no quotes of both kinds."""
    return f"'{text}'" if "'" not in text else f'"{text}"'


def _half(when: Data, sure: bool) -> str:
    if "all" in when:
        return _and(_half(part, sure) for part in when["all"])
    if "any" in when:
        return "(" + " or ".join(_half(part, sure) for part in when["any"]) + ")"
    if "not" in when:
        return f"not({_half(when['not'], not sure)})"
    answer = f"${{{when['field']}}}"
    if when["op"] == "known":
        return f"{answer} != ''"
    compared = _compare(answer, when["op"], when["value"])
    return f"({answer} != '' and {compared})" if sure else f"({answer} = '' or {compared})"


def _compare(answer: str, op: str, value: Any) -> str:
    if op == "in":
        return "(" + " or ".join(_compare(answer, "eq", each) for each in value) + ")"
    if isinstance(value, bool):
        return f"{answer} {SIGNS[op]} {quoted('yes' if value else 'no')}"
    return f"{answer} {SIGNS[op]} {quoted(value) if isinstance(value, str) else _number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _bound(limit: Data) -> str:
    said = f". {SIGNS[limit['op']]} {_number(limit['value'])}"
    return f"({said} and . <= {_number(limit['upper'])})" if "upper" in limit else said


def _and(parts: Iterable[str]) -> str:
    kept = [part for part in parts if part]
    return kept[0] if len(kept) == 1 else "(" + " and ".join(kept) + ")" if kept else ""


def _area(area: Data) -> str:
    """A unit inside the area, or reaching beyond it; what lies surely in an excluded part is out."""
    unit = f"${{{UNIT}}}"
    inside = [f"starts-with({unit}, '{code}') or starts-with('{code}', {unit})" for code in area["include"]]
    outside = [f"not(starts-with({unit}, '{code}'))" for code in area["exclude"]]
    known = _and(["(" + " or ".join(inside) + ")" if inside else "", *outside])
    return f"({unit} = '' or {known})" if known else ""


def _choices(question: str, codes: Iterable[str]) -> str:
    chosen = [f"selected(${{{question}}}, '{code}')" for code in codes]
    return f"(${{{question}}} = '' or {' or '.join(chosen)})" if chosen else ""


def _months(months: Iterable[int]) -> str:
    day = f"${{{DAY}}}"
    said = [f"format-date({day}, '%n') = {month}" for month in months]
    return f"({day} = '' or {' or '.join(said)})" if said else ""


def _days(begin: str | None, end: str | None) -> list[str]:
    day = f"${{{DAY}}}"
    return [f"({day} = '' or {day} {sign} date('{limit}'))" for sign, limit in ((">=", begin), ("<=", end)) if limit]
