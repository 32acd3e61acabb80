"""What a site's attributes may be: those that checklists ask for, and those that the register keeps.

Reads texts as offices write them (是, 有, 6000㎡) into what conditions compare. Other attributes are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import yaml

from backend.catalogue import HERE
from checklists import library

YES = frozenset({"是", "有", "对", "已", "true", "yes", "y", "1", "√", "✓"})
NO = frozenset({"否", "无", "没有", "未", "false", "no", "n", "0", "×"})
MOST = 100
MOST_TEXT = 1000


class AttributeInvalid(ValueError):
    """A text that the attribute's kind does not allow; the message says what is."""


@cache
def known() -> Mapping[str, Mapping[str, Any]]:
    """Every attribute: type, unit, choices, names in both languages, headings. The checklists' own come first."""
    found: dict[str, Mapping[str, Any]] = {}
    for published in library.shipped().values():
        found |= published.pack.tables.get("fields", {})
    found |= yaml.safe_load((HERE / "site_attributes.yaml").read_text("utf-8"))
    return found


def headings() -> dict[str, list[str]]:
    """What may stand over the column of each attribute."""
    return {name: [*of.get("headings", []), of["zh"], of["en"]] for name, of in known().items()}


def read(name: str, text: str) -> str | float | bool:
    """The value that a text means for an attribute. Raises AttributeInvalid."""
    of = known()[name]
    if of["type"] == "number":
        return _number(text, str(of.get("unit", "")))
    if of["type"] == "boolean":
        return _yes_or_no(text)
    if of["type"] == "date":
        return day(text).isoformat()
    return _choice(of.get("choices"), text)


def day(text: str) -> date:
    """A date written 2026-11-25, 2026/11/25, 2026.11.25, 2026年11月25日 or 20261125. Raises AttributeInvalid."""
    found = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:日|号)?(?:[ T].*)?", text.strip())
    try:
        if found is not None:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise AttributeInvalid("a date such as 2026-11-25")


def _number(text: str, unit: str) -> float:
    bare = re.sub(r"(平方米|㎡|m2|m²|" + re.escape(unit or "m²") + r")$", "", text.replace(",", "").replace("，", ""))
    try:
        value = float(bare)
    except ValueError:
        raise AttributeInvalid(f"a number{f' ({unit})' if unit else ''}") from None
    if not abs(value) < 1e12:
        raise AttributeInvalid("a number of a size that occurs")
    return value


def _yes_or_no(text: str) -> bool:
    said = text.casefold()
    if said not in YES | NO:
        raise AttributeInvalid("是 or 否")
    return said in YES


def _choice(choices: Mapping[str, str] | None, text: str) -> str:
    if choices is None:
        if len(text) > MOST_TEXT:
            raise AttributeInvalid(f"at most {MOST_TEXT} characters")
        return text
    for code, word in choices.items():
        if text in (code, word):
            return code
    raise AttributeInvalid("one of " + "、".join(choices.values()))
