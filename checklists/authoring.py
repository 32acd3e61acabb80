"""From the hand-written topic files (packs/*.yaml) to self-contained packs.

Expands shorthand, spreads shared items over the packs that name them, and keeps only the sources, departments, site
kinds and fields that a pack's area and items need. Writes nothing and must not know of published versions
(publish.py does).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import conditions, schema
from .errors import PackInvalid

HERE = Path(__file__).parent
REGISTRY = HERE / "registry.yaml"
SOURCES = HERE / "packs"
RATE = {"kind": "number", "unit": "%", "threshold": ["gte", 100], "range": [0, 100]}
SHORTHAND = frozenset(
    re.findall(
        r"\w+",
        """
    code rows zh en mod holder src law leads units kinds when zones months valid_from valid_to
    answer phrases evidence severity fix exempt archived note
""",
    )
)

Data = dict[str, Any]


def packs() -> Iterator[Data]:
    """Every pack of every topic file, resolved, in file and manifest order. Raises PackInvalid."""
    registry = read_registry()
    for path in sorted(SOURCES.glob("*.yaml")):
        yield from resolve(yaml.safe_load(path.read_text("utf-8")), registry, path.name)


@cache
def read_registry() -> Data:
    """Documents, departments, site kinds, zones and condition fields by their ids; read once, not to be changed."""
    registry: Data = yaml.safe_load(REGISTRY.read_text("utf-8"))
    return registry


def resolve(topic: Mapping[str, Any], registry: Mapping[str, Any], name: str) -> Iterator[Data]:
    """The packs of one topic file. Raises PackInvalid naming the file and the entry that cannot be read.

    An item goes into those of its section's packs whose area one of its documents binds; into none is a fault.
    """
    placed: set[int] = set()
    for manifest in topic["packs"]:
        expansion, items = _Expansion(manifest, registry, topic.get("exemptions", {})), []
        for section in topic["sections"]:
            if manifest["code"] not in section["packs"]:
                continue
            for entry in section["items"]:
                try:
                    item = expansion.item({**section.get("defaults", {}), **entry})
                except (KeyError, ValueError, TypeError, AttributeError) as fault:
                    raise PackInvalid(name, [f"{entry.get('code')}: {type(fault).__name__} {fault}"]) from fault
                if item["sources"]:
                    placed.add(id(entry))
                    items.append(item)
        yield _pack(topic["topic"], manifest, items, registry)
    nowhere = [entry["code"] for each in topic["sections"] for entry in each["items"] if id(entry) not in placed]
    if nowhere:
        raise PackInvalid(name, [f"{code}: none of its documents binds a pack of its section" for code in nowhere])


def binds(document_area: str, include: list[str]) -> bool:
    """Whether a document for an area (code prefix, empty for the nation) binds a pack for these areas."""
    return all(code.startswith(document_area) for code in include)


def _pack(topic: str, manifest: Mapping[str, Any], items: list[Data], registry: Mapping[str, Any]) -> Data:
    return {
        "code": manifest["code"],
        "version": manifest["version"],
        "topic": topic,
        "status": manifest.get("status", "published"),
        "title": {"zh": manifest["zh"], "en": manifest["en"]},
        "area": {"include": manifest["include"], "exclude": manifest.get("exclude", [])},
        "valid_from": _day(manifest["valid_from"]),
        "valid_to": _day(manifest.get("valid_to")),
        "note": _pair(manifest.get("note")),
        "tables": tables(items, registry),
        "items": items,
    }


def tables(items: list[Data], registry: Mapping[str, Any]) -> Data:
    """What the items name, by its ids, from the registry. Raises KeyError for a name that it does not have."""
    zones = {zone for item in items for zone in item["applies"].get("zones", [])}
    documents = {each["id"] for item in items for each in item["sources"] + item["legal_basis"]}
    documents |= {each["id"] for item in items for exemption in item["exemptions"] for each in exemption["sources"]}
    fields = {leaf["field"] for item in items for when in schema.whens(item) for leaf in conditions.leaves(when)}
    return {
        "documents": _documents(registry, documents),
        "departments": _pick(registry, "departments", {lead for item in items for lead in item["leads"]}),
        "site_kinds": _pick(registry, "site_kinds", {kind for item in items for kind in item["applies"]["site_kinds"]}),
        "fields": _pick(registry, "fields", fields),
        **({"zones": _pick(registry, "zones", zones)} if zones else {}),
    }


def all_tables(registry: Mapping[str, Any]) -> Data:
    """Everything that a pack may name."""
    names = ("departments", "site_kinds", "fields", "zones")
    rest = {table: _pick(registry, table, set(registry[table])) for table in names}
    return {"documents": _documents(registry, set(registry["documents"])), **rest}


def _documents(registry: Mapping[str, Any], keys: set[str]) -> Data:
    kept = ("kind", "zh", "en", "number", "year")
    return {key: {name: registry["documents"][key][name] for name in kept} for key in sorted(keys)}


def _pick(registry: Mapping[str, Any], table: str, keys: set[str]) -> Data:
    return {key: registry[table][key] for key in sorted(keys)}


def _pair(pair: list[str] | None) -> Data | None:
    if pair is None:
        return None
    zh, en = pair
    return {"zh": zh, "en": en}


def _day(value: Any) -> str | None:
    return None if value is None else str(value)


class _Expansion:
    """Expands one shorthand entry for one pack."""

    def __init__(self, manifest: Mapping[str, Any], registry: Mapping[str, Any], exemptions: Mapping[str, Any]) -> None:
        self.include: list[str] = manifest["include"]
        self.documents: Mapping[str, Any] = registry["documents"]
        self.exemptions = exemptions

    def item(self, entry: Mapping[str, Any]) -> Data:
        """The full item; raises ValueError or KeyError on shorthand that it does not know."""
        if strange := set(entry) - SHORTHAND:
            raise ValueError(f"unknown keys {sorted(strange)}")
        must = entry.get("mod", "must") == "must"
        sources = self.sources(entry["src"])
        units = entry.get("units", {})
        return {
            "code": entry["code"],
            "rows": entry["rows"],
            "text": {"zh": entry["zh"], "en": entry["en"]},
            "modality": entry.get("mod", "must"),
            "duty_holder": entry.get("holder", "operator"),
            "sources": sources,
            "legal_basis": [self.article(each) for each in entry.get("law", [])] if must else [],
            "applies": {
                "area": {"include": units.get("include", []), "exclude": units.get("exclude", [])},
                "site_kinds": entry["kinds"],
                "when": entry.get("when"),
                "valid_from": _day(entry.get("valid_from")),
                "valid_to": _day(entry.get("valid_to")),
                **{key: entry[key] for key in ("zones", "months") if entry.get(key)},
            },
            "answer": _answer(entry["answer"]),
            "phrases": [_pair(each) for each in entry["phrases"]],
            "evidence": [_evidence(each) for each in entry["evidence"]],
            "severity": entry["severity"] if must else None,
            "rectification": _rectification(entry["fix"]) if must else None,
            "leads": self.leads(entry["leads"], [each["id"] for each in sources]),
            "exemptions": [each for each in map(self.exemption, entry.get("exempt", [])) if each["sources"]],
            "archived": _pair(entry.get("archived")),
            "note": _pair(entry.get("note")),
        }

    def sources(self, entries: list[str]) -> list[Data]:
        """`document clause [confidence]`, of those documents that bind this pack's area."""
        kept = []
        for entry in entries:
            key, clause, *confidence = entry.split()
            document = self.documents[key]
            if binds(document["area"], self.include):
                kept.append(
                    {
                        "kind": document["kind"],
                        "id": key,
                        "clause": clause,
                        "year": document["year"],
                        "confidence": confidence[0] if confidence else document["confidence"],
                    }
                )
        return kept

    def article(self, number: str) -> Data:
        law = self.documents["air-law"]
        return {
            "id": "air-law",
            "article": number,
            "confidence": "read" if number in law["read"] else law["confidence"],
        }

    def leads(self, entry: Any, sources: list[str]) -> list[str]:
        """A plain list, or one list for each source document; those of kept sources, without repeats."""
        if isinstance(entry, list):
            return entry
        return list(dict.fromkeys(lead for source in sources for lead in entry.get(source, [])))

    def exemption(self, key: str) -> Data:
        entry = self.exemptions[key]
        return {
            "code": key,
            "text": {"zh": entry["zh"], "en": entry["en"]},
            "when": entry["when"],
            "sources": self.sources(entry["src"]),
        }


def _answer(entry: Any) -> Data:
    if isinstance(entry, str):
        entry = RATE if entry == "rate" else {"kind": entry}
    limit, span = entry.get("threshold"), entry.get("range", [None, None])
    return {
        "kind": entry["kind"],
        "unit": entry.get("unit"),
        "threshold": None if limit is None else dict(zip(("op", "value", "upper"), limit, strict=False)),
        "minimum": span[0],
        "maximum": span[1],
        "record_only": entry.get("record", False),
        "options": [
            {"value": value, "zh": zh, "en": en, "result": result} for value, zh, en, result in entry.get("options", [])
        ],
        "multiple": entry.get("multiple", False),
        **({"limits": entry["limits"]} if "limits" in entry else {}),
    }


def _evidence(entry: Any) -> Data:
    """`kind[:count] [always]`, or a mapping of the full form's keys."""
    if isinstance(entry, str):
        match = re.fullmatch(r"(\w+)(?::(\d+))?( always)?", entry)
        if match is None:
            raise ValueError(f"evidence {entry!r}")
        entry = {"kind": match[1], "count": int(match[2] or 1), "when": "always" if match[3] else "fail"}
    return {
        "kind": entry["kind"],
        "count": entry.get("count", 1),
        "when": entry.get("when", "fail"),
        "max_seconds": 60 if entry["kind"] == "film" else None,
        "offsets_m": entry.get("offsets_m", []),
        "tolerance_m": entry.get("tolerance_m"),
    }


def _rectification(entry: list[Any]) -> Data:
    """`[kind, amount, unit]`, a setting unless a fourth part says source."""
    kind, amount, unit, *basis = entry
    return {"kind": kind, "deadline": {"amount": amount, "unit": unit, "basis": basis[0] if basis else "setting"}}
