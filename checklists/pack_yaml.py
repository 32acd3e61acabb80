"""One pack as YAML for people: written without what goes without saying, read back to the same pack.

Knows neither topic files (authoring.py) nor workbooks (xlsform.py). Everything wrong is reported with its line.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import yaml

from . import authoring, schema
from .errors import SourceInvalid

Data = dict[str, Any]
LIMIT_OF_FAULTS = 100
MAX_DEPTH = 40

# What a key is when nobody writes it. A pack's tables are made from the registry when they are left out.
PACK: Data = {"status": "draft", "valid_to": None, "note": None}
AREA: Data = {"include": [], "exclude": []}
ITEM: Data = {
    "modality": "must",
    "duty_holder": "operator",
    "legal_basis": [],
    "evidence": [],
    "severity": None,
    "rectification": None,
    "leads": [],
    "exemptions": [],
    "archived": None,
    "note": None,
}
APPLIES: Data = {"area": AREA, "site_kinds": [], "when": None, "valid_from": None, "valid_to": None}
ANSWER: Data = {
    "kind": "pass_fail",
    "unit": None,
    "threshold": None,
    "minimum": None,
    "maximum": None,
    "record_only": False,
    "options": [],
    "multiple": False,
}
EVIDENCE: Data = {"count": 1, "when": "fail", "max_seconds": None, "offsets_m": [], "tolerance_m": None}
ORDER = ("code", "version", "topic", "status", "title", "area", "valid_from", "valid_to", "note", "items", "tables")


class _Loader(yaml.SafeLoader):
    """YAML as people expect it: dates stay text, only true and false are truth values, no numbers to base 60."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in each if tag.endswith(":null")]
    for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def dump(pack: Mapping[str, Any]) -> str:
    """A pack as YAML, in the order in which people read it."""
    plain = _without_defaults(deepcopy(dict(pack)))
    ordered = {key: plain[key] for key in ORDER if key in plain}
    return yaml.safe_dump(ordered, allow_unicode=True, sort_keys=False, width=110)


def plain(text: str) -> Any:
    """What a YAML text holds, read as `load` reads it but not checked. Raises SourceInvalid."""
    return _Loader("").construct_document(_compose(text))


def short(item: Mapping[str, Any]) -> Data:
    """One item without what goes without saying."""
    kept: Data = _without_defaults({"items": [deepcopy(dict(item))]})["items"][0]
    return kept


def load(text: str) -> Data:
    """The valid pack that a YAML text holds. Raises SourceInvalid with every fault: `{place, line, item, message}`."""
    root = _compose(text)
    data = _Loader("").construct_document(root)
    if not isinstance(data, dict):
        raise SourceInvalid([_fault(1, None, "a pack is a mapping of keys, code and version among them")])
    fill(data)
    registry = authoring.read_registry()
    bare = "tables" not in data
    if bare:
        data["tables"] = authoring.all_tables(registry)
    if found := schema.faults(data)[:LIMIT_OF_FAULTS]:
        raise SourceInvalid(
            [_fault(_line(root, each.path), _item_code(data, each.path), each.message) for each in found]
        )
    if bare:
        data["tables"] = authoring.tables(data["items"], registry)
    return data


def _compose(text: str) -> yaml.Node:
    """The tree with its lines; refuses what is no YAML, aliases (they can blow up), repeated keys, endless depth."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                raise SourceInvalid([_fault(line, None, "aliases (*name) are not read")])
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise SourceInvalid([_fault(line, None, f"nested deeper than {MAX_DEPTH}")])
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SourceInvalid([_fault(line, None, f"is no YAML: {error.problem or error.context}")]) from error
    except yaml.YAMLError as error:
        raise SourceInvalid([_fault(1, None, f"is no YAML: {str(error).splitlines()[0]}")]) from error
    if root is None:
        raise SourceInvalid([_fault(1, None, "is empty")])
    if wrong := list(_node_faults(root)):
        raise SourceInvalid(wrong)
    return root


def _node_faults(node: yaml.Node) -> Iterator[Data]:
    """Keys written twice, keys that are no words, and tags of another language."""
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.rsplit(":", 1)[1] not in (
        "map", "seq", "str", "int", "float", "bool", "null",
    ):  # fmt: skip
        yield _fault(node.start_mark.line + 1, None, f"the tag {node.tag} is not read")
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _node_faults(each)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                yield _fault(key.start_mark.line + 1, None, "a key is a word")
            elif key.value in seen:
                yield _fault(key.start_mark.line + 1, None, f"{key.value!r} is written twice")
            else:
                seen.add(key.value)
            yield from _node_faults(value)


def _fault(line: int, item: str | None, message: str) -> Data:
    return {"place": f"line {line}", "line": line, "item": item, "message": message}


def _line(node: yaml.Node, path: tuple[str | int, ...]) -> int:
    """The line of the deepest part of a path that somebody wrote."""
    line = node.start_mark.line + 1
    for step in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        if found is None:
            return line
        node, line = found, found.start_mark.line + 1
    return line


def _item_code(data: Data, path: tuple[str | int, ...]) -> str | None:
    if len(path) < 2 or path[0] != "items" or not isinstance(path[1], int):
        return None
    item = data["items"][path[1]]
    code = item.get("code") if isinstance(item, Mapping) else None
    return code if isinstance(code, str) else None


def _parts(data: Data) -> Iterator[tuple[Data, Data]]:
    """Every mapping in a pack that has defaults, outermost first, with them; parts of another shape are passed over."""
    yield data, PACK
    yield from _child(data, "area", AREA)
    for item in _list(data.get("items")):
        if not isinstance(item, dict):
            continue
        yield item, ITEM
        yield from _child(item, "applies", APPLIES)
        if isinstance(item.get("applies"), dict):
            yield from _child(item["applies"], "area", AREA)
        yield from _child(item, "answer", ANSWER)
        yield from ((each, EVIDENCE) for each in _list(item.get("evidence")) if isinstance(each, dict))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _child(parent: Data, key: str, defaults: Data) -> Iterator[tuple[Data, Data]]:
    if isinstance(parent.get(key), dict):
        yield parent[key], defaults


def fill(data: Data) -> None:
    """Write what goes without saying into a pack, whatever else is wrong with it."""
    for item in _list(data.get("items")):
        if isinstance(item, dict):
            item.setdefault("applies", {})
            item.setdefault("answer", {})
    for part, defaults in _parts(data):
        for key, value in defaults.items():
            part.setdefault(key, deepcopy(value))


def _without_defaults(data: Data) -> Data:
    # Innermost first, so that an area of nothing but defaults leaves its parent as well.
    for part, defaults in reversed(list(_parts(data))):
        for key, value in defaults.items():
            if part.get(key, ...) == value:
                del part[key]
    for item in data["items"]:
        for key, parent in (("area", item.get("applies")), ("applies", item), ("answer", item)):
            if parent is not None and parent.get(key) == {}:
                del parent[key]
    return data
