"""Rows of the plans against items of the packs: what each duty became, and what is wrong with the book.

Reads `rows.yaml`. Must not know how packs are stored or printed for whom; a command prints `table`, a test `faults`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import library
from .model import Item, Pack, Text

ROWS = Path(__file__).parent / "rows.yaml"
DISPOSITIONS = ("items", "desk", "archived", "sites")
MODALITIES = ("must", "encouraged", "mixed")
EVIDENCE = ("photo", "film", "audio", "document", "position", "number")


@dataclass(frozen=True)
class Cited:
    """A document's clause. `confidence`: read at the source, medium (an inference), known (not verified)."""

    document: str
    clause: str
    confidence: str


@dataclass(frozen=True)
class Part:
    """What became of a row, or of a part of it, other than items; `why` for readers."""

    disposition: str
    why: Text


@dataclass(frozen=True)
class Row:
    """One duty found in the plans, paraphrased. `rest`: parts that make no item, beside those that do."""

    id: str
    text: Text
    sources: tuple[Cited, ...]
    modality: str  # must | encouraged | mixed
    site_kinds: tuple[str, ...]
    limit: Text | None
    evidence: tuple[str, ...]
    leads: tuple[str, ...]
    disposition: str  # items | desk | archived | sites
    why: Text | None
    rest: tuple[Part, ...]


@dataclass(frozen=True)
class Covered:
    """A row and the items that cite it, each once, in the order of the packs."""

    row: Row
    items: tuple[Item, ...]

    @property
    def unverified(self) -> tuple[str, ...]:
        """`document clause (confidence)` of everything that the row or its items stand on and nobody has read."""
        cited = [(each.document, each.clause, each.confidence) for each in self.row.sources]
        cited += [(each.id, each.clause, each.confidence) for item in self.items for each in item.sources]
        return tuple(dict.fromkeys(f"{doc} {clause} ({how})" for doc, clause, how in cited if how != "read"))


def read_rows(registry: Mapping[str, Any], path: Path = ROWS) -> list[Row]:
    """The rows in file order; a source without a confidence of its own has its document's."""
    data: Mapping[str, Mapping[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["rows"]
    return [_row(key, each, registry["documents"]) for key, each in data.items()]


def newest(packs: library.Library) -> list[Pack]:
    """The newest version of each pack, by code."""
    found: dict[str, Pack] = {}
    for each in packs.values():
        best = found.get(each.pack.code)
        if best is None or library.order(each.pack.version) > library.order(best.version):
            found[each.pack.code] = each.pack
    return [found[code] for code in sorted(found)]


def report(rows: Iterable[Row], packs: Iterable[Pack]) -> list[Covered]:
    """What each row became, in the order of the rows."""
    cited: dict[str, dict[str, Item]] = {}
    for pack in packs:
        for item in pack.items:
            for row in item.rows:
                # The same item stands in several packs with the sources that bind each: the fullest speaks for it.
                known = cited.setdefault(row, {}).get(item.code)
                if known is None or len(item.sources) > len(known.sources):
                    cited[row][item.code] = item
    return [Covered(row, tuple(cited.get(row.id, {}).values())) for row in rows]


def faults(rows: Iterable[Row], packs: Iterable[Pack], registry: Mapping[str, Any]) -> Iterator[str]:
    """Every way in which the book does not hold together, as sentences; none is the normal case."""
    rows, packs = list(rows), list(packs)
    known = {row.id for row in rows}
    for pack in packs:
        for item in pack.items:
            for row_id in sorted(set(item.rows) - known):
                yield f"{item.code} cites the unknown row {row_id}"
            for source in item.sources:
                yield from _clause_faults(item.code, source.id, source.clause, registry)
            for basis in item.legal_basis:
                yield from _clause_faults(item.code, basis.id, basis.article, registry)
    documents = {(row, source.id) for pack in packs for i in pack.items for row in i.rows for source in i.sources}
    for covered in report(rows, packs):
        row = covered.row
        yield from _row_faults(covered, registry)
        if row.disposition == "items":
            for document in dict.fromkeys(cited.document for cited in row.sources):
                if (row.id, document) not in documents:
                    yield f"{row.id}: no item of it stands on {document}"


def _row_faults(covered: Covered, registry: Mapping[str, Any]) -> Iterator[str]:
    row = covered.row
    if row.disposition not in DISPOSITIONS or row.modality not in MODALITIES or not row.sources:
        yield f"{row.id}: has no disposition, modality or source"
    if row.disposition == "items" and not covered.items:
        yield f"{row.id}: no item cites it, and it is neither desk work nor archived"
    if row.disposition != "items" and (covered.items or row.why is None):
        yield f"{row.id}: {row.disposition} needs a reason and no items"
    if row.modality == "encouraged" and any(item.modality == "must" for item in covered.items):
        yield f"{row.id}: is only encouraged, but an item is a must"
    asked = {item.modality for item in covered.items}
    if row.disposition == "items" and covered.items and row.modality == "must" and "must" not in asked:
        yield f"{row.id}: is a must, but no item is"
    for source in row.sources:
        yield from _clause_faults(row.id, source.document, source.clause, registry)
    for table, names in (("site_kinds", row.site_kinds), ("departments", row.leads)):
        yield from (f"{row.id}: {name!r} is not among the {table}" for name in names if name not in registry[table])
    yield from (f"{row.id}: no evidence is called {name!r}" for name in row.evidence if name not in EVIDENCE)
    yield from (f"{row.id}: {p.disposition!r} of a rest" for p in row.rest if p.disposition not in DISPOSITIONS[1:])


def _clause_faults(name: str, document: str, clause: str, registry: Mapping[str, Any]) -> Iterator[str]:
    entry = registry["documents"].get(document)
    if entry is None:
        yield f"{name}: no document {document!r}"
    elif clause not in entry["clauses"]:
        yield f"{name}: {document} has no clause {clause!r}"


def table(covered: Iterable[Covered]) -> str:
    """A Markdown table: row, paraphrase, clauses, what it became, what of it is unverified."""
    lines = [
        "| row | 要求 | duty | where it is written | what became of it | unverified |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += ["| " + " | ".join(_cells(each)) + " |" for each in covered]
    return "\n".join(lines) + "\n"


def _cells(covered: Covered) -> tuple[str, ...]:
    row = covered.row
    became = [f"`{item.code}`" + (" 鼓" if item.modality == "encouraged" else "") for item in covered.items]
    parts = [", ".join(became)] if became else [f"**{row.disposition}**: {row.why.zh} {row.why.en}" if row.why else "—"]
    parts += [f"**{part.disposition}**: {part.why.zh} {part.why.en}" for part in row.rest]
    return (
        row.id,
        row.text.zh + (f"（{row.limit.zh}）" if row.limit else ""),
        row.text.en + (f" ({row.limit.en})" if row.limit else ""),
        "; ".join(f"{each.document} {each.clause}" for each in row.sources),
        "; ".join(parts),
        "; ".join(covered.unverified) or "–",
    )


def _row(key: str, data: Mapping[str, Any], documents: Mapping[str, Any]) -> Row:
    return Row(
        id=key,
        text=Text(data["zh"], data["en"]),
        sources=tuple(_cited(each, documents) for each in data["src"]),
        modality=data["mod"],
        site_kinds=tuple(data["where"]),
        limit=None if data["limit"] is None else Text(*data["limit"]),
        evidence=tuple(data["ev"]),
        leads=tuple(data["leads"]),
        disposition=data["as"],
        why=Text(*data["why"]) if "why" in data else None,
        rest=tuple(Part(kind, Text(zh, en)) for kind, zh, en in data.get("rest", ())),
    )


def _cited(entry: str, documents: Mapping[str, Any]) -> Cited:
    document, clause, *confidence = entry.split()
    own = documents.get(document, {}).get("confidence", "known")
    return Cited(document, clause, confidence[0] if confidence else own)
