"""Is this a pack? Its JSON Schema first, then the rules that a schema cannot say.

Knows the shape only: not where packs lie (library.py), how they are written (authoring.py) or what they decide
(engine.py).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from . import conditions
from .errors import ConditionInvalid, PackInvalid
from .model import Pack, pack_from

SCHEMA = Path(__file__).parent / "pack.schema.json"
JSON_TYPES = {bool: "boolean", str: "string", int: "number", float: "number"}


@dataclass(frozen=True)
class Fault:
    """One fault: where (keys and indexes from the top) and what, in words."""

    path: tuple[str | int, ...]
    message: str


def parse(data: Any) -> Pack:
    """A valid pack from plain data. Raises PackInvalid with every fault found."""
    validate(data)
    return pack_from(data)


def validate(data: Any) -> None:
    """Raise PackInvalid unless the data is a whole, consistent, resolved pack."""
    if found := faults(data):
        name = f"{data.get('code')}@{data.get('version')}" if isinstance(data, Mapping) else "pack"
        raise PackInvalid(name, [fault.message for fault in found])


def faults(data: Any) -> list[Fault]:
    """Everything wrong with the data: what its schema says first, and only where that finds nothing, the rest."""
    found = [
        Fault(tuple(error.absolute_path), f"{error.json_path} {error.message[:200]}")
        for error in _validator().iter_errors(data)
    ]
    return found or list(_pack_faults(data))


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _pack_faults(pack: Mapping[str, Any]) -> Iterator[Fault]:
    if not pack["area"]["include"]:
        yield Fault(("area",), "a pack names its area")
    if pack["valid_to"] is not None and pack["valid_to"] < pack["valid_from"]:
        yield Fault(("valid_to",), "valid_to before valid_from")
    uses = Counter(item["code"] for item in pack["items"])
    for index, item in enumerate(pack["items"]):
        if uses[item["code"]] > 1:
            yield Fault(("items", index), f"{item['code']}: code used {uses.pop(item['code'])} times")
        for fault in _item_faults(item, pack["tables"]):
            yield Fault(("items", index), f"{item['code']}: {fault}")


def _item_faults(item: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    must = item["modality"] == "must"
    if not item["sources"]:
        yield "has no source"
    if not item["phrases"]:
        yield "has no ready phrase"
    if must is (item["severity"] is None) or must is (item["rectification"] is None):
        yield "severity and rectification belong to a must, and only to it"
    begin, end = item["applies"]["valid_from"], item["applies"]["valid_to"]
    if begin is not None and end is not None and end < begin:
        yield "valid_to before valid_from"
    yield from _name_faults(item, tables)
    yield from _answer_faults(item["answer"])
    yield from _evidence_faults(item)
    for when in whens(item):
        yield from _condition_faults(when, tables["fields"])


def whens(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every condition of an item: its own, its limits', its exemptions'."""
    for when in [
        item["applies"]["when"],
        *(each["when"] for each in item["answer"].get("limits", [])),
        *(each["when"] for each in item["exemptions"]),
    ]:
        if when is not None:
            yield when


def _name_faults(item: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    cited = [*item["sources"], *item["legal_basis"], *(s for each in item["exemptions"] for s in each["sources"])]
    used = {
        "documents": {each["id"] for each in cited},
        "departments": set(item["leads"]),
        "site_kinds": set(item["applies"]["site_kinds"]),
        "zones": set(item["applies"].get("zones", [])),
    }
    for table, names in used.items():
        for name in sorted(names - set(tables.get(table, {}))):
            yield f"{name!r} is not among the {table}"


def _answer_faults(answer: Mapping[str, Any]) -> Iterator[str]:
    kind, limit = answer["kind"], answer["threshold"]
    if kind == "number":
        if answer["unit"] is None:
            yield "a number needs a unit"
        if (limit is None) is not answer["record_only"]:
            yield "a number needs a threshold, or to be record_only"
        low, high = answer["minimum"], answer["maximum"]
        if low is None or high is None or low >= high:
            yield "a number needs a range"
        elif limit is not None and not low <= limit["value"] <= limit.get("upper", high) <= high:
            yield "the threshold lies outside the range"
        elif limit is not None and "upper" in limit and limit["op"] not in ("gt", "gte"):
            yield "an upper end stands beside a lower one"
        for other in answer.get("limits", []):
            if limit is None or low is None or high is None or not low <= other["value"] <= high:
                yield "a further limit needs a threshold beside it and lies inside the range"
    elif limit is not None or answer["unit"] is not None or answer["record_only"] or answer.get("limits"):
        yield f"{kind} takes no unit or threshold"
    results = [option["result"] for option in answer["options"]]
    if kind == "choice" and ("pass" not in results or "fail" not in results):
        yield "a choice needs a passing and a failing option"
    if kind != "choice" and (results or answer["multiple"]):
        yield f"{kind} takes no options"
    if len({option["value"] for option in answer["options"]}) != len(results):
        yield "an option's value is used twice"


def _evidence_faults(item: Mapping[str, Any]) -> Iterator[str]:
    for each in item["evidence"]:
        if (each["kind"] == "film") is (each["max_seconds"] is None):
            yield "a film, and only a film, has a length"
        if each["kind"] == "number" and item["answer"]["kind"] != "number":
            yield "a number as evidence needs a number item"
        if each["offsets_m"] and (each["kind"] != "photo" or each["tolerance_m"] is None):
            yield "offsets belong to photos and need a tolerance"
        if len(each["offsets_m"]) > each["count"]:
            yield "more offsets than photos"


def _condition_faults(when: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> Iterator[str]:
    if when is None:
        return
    try:
        leaves = list(conditions.leaves(when))
    except ConditionInvalid as fault:
        yield str(fault)
        return
    for leaf in leaves:
        field = fields.get(leaf["field"])
        if field is None:
            yield f"condition field {leaf['field']!r} is not declared"
        elif leaf["op"] != "known":
            values = leaf["value"] if leaf["op"] == "in" else [leaf["value"]]
            if any(JSON_TYPES[type(value)] != field["type"] for value in values):
                yield f"condition on {leaf['field']!r} compares another type"
            elif unknown := [value for value in values if "choices" in field and value not in field["choices"]]:
                yield f"condition on {leaf['field']!r} names no such choice: {unknown}"
