"""Answers as they arrive on the wire, checked against the items that they name.

Decides only whether an answer makes sense; what it means is engine.py's. Must not know of sites, evidence or findings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .errors import AnswerInvalid, UnknownItem
from .model import AnswerKind, Item, Pack

RESULTS = ("pass", "fail", "not_applicable")
TEXT_LIMIT = 10_000


@dataclass(frozen=True)
class Answer:
    """One answer. `position` is kept as sent; whoever knows datums judges it."""

    item: Item
    result: str
    value: Any
    note: str
    photos: tuple[str, ...]
    position: Mapping[str, Any] | None
    finding: str | None


def read(pack: Pack, answers: Sequence[Any]) -> list[Answer]:
    """`[{item, result, value, note, photos, position, finding}]` against the pinned pack; unknown keys are ignored.

    Raises UnknownItem, or AnswerInvalid (wrong shape, a value of another type or outside its possible range, an
    item twice).
    """
    if not isinstance(answers, Sequence) or isinstance(answers, str):
        raise AnswerInvalid(None, 0, "answers is a list")
    found: dict[str, Answer] = {}
    for index, raw in enumerate(answers):
        answer = _read_one(pack, raw, index)
        if answer.item.code in found:
            raise AnswerInvalid(answer.item.code, index, "item answered twice")
        found[answer.item.code] = answer
    return list(found.values())


def _read_one(pack: Pack, raw: Any, index: int) -> Answer:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("item"), str):
        raise AnswerInvalid(None, index, "an answer is an object that names its item")
    code: str = raw["item"]
    item = pack.by_code.get(code)
    if item is None:
        raise UnknownItem(code, index)
    if raw.get("result") not in RESULTS:
        raise AnswerInvalid(code, index, "result is pass, fail or not_applicable")
    fault = _value_fault(item.answer, raw.get("value"))
    if fault is not None:
        raise AnswerInvalid(code, index, fault)
    photos = raw.get("photos") or []
    if not isinstance(photos, list) or not all(isinstance(each, str) for each in photos):
        raise AnswerInvalid(code, index, "photos is a list of hashes")
    for key, kind in (("note", str), ("finding", str), ("position", Mapping)):
        if not isinstance(raw.get(key), kind | None):
            raise AnswerInvalid(code, index, f"{key} has the wrong type")
    return Answer(
        item=item,
        result=raw["result"],
        value=raw.get("value"),
        note=(raw.get("note") or "").strip(),
        photos=tuple(dict.fromkeys(photos)),
        position=raw.get("position"),
        finding=raw.get("finding"),
    )


def _value_fault(kind: AnswerKind, value: Any) -> str | None:
    if value is None:
        return None
    match kind.kind:
        case "number":
            return _number_fault(kind, value)
        case "choice":
            return _choice_fault(kind, value)
        case "date":
            return None if _is_day(value) else "value is a date, YYYY-MM-DD"
        case "text":
            return None if isinstance(value, str) and len(value) <= TEXT_LIMIT else "value is a text"
    # A yes/no item needs no value; a plain one is kept and flagged, so that no old form's answer is refused.
    return None if isinstance(value, str | bool | int | float) else "value is not a plain one"


def _number_fault(kind: AnswerKind, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "value is a number"
    if isinstance(value, float) and not math.isfinite(value):
        return "value is a number"
    if (kind.minimum is not None and value < kind.minimum) or (kind.maximum is not None and value > kind.maximum):
        return f"value lies outside {kind.minimum} to {kind.maximum} {kind.unit}"
    return None


def _choice_fault(kind: AnswerKind, value: Any) -> str | None:
    known = {option.value for option in kind.options}
    if not kind.multiple:
        return None if isinstance(value, str) and value in known else "value is one of the options"
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        return "value is a list of options"
    if len(set(value)) != len(value) or not known.issuperset(value):
        return "value holds an unknown or repeated option"
    if len({option.result for option in kind.options if option.value in value}) > 1:
        return "value mixes passing and failing options"
    return None


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
