"""A pack's fields in words, Chinese or English: limits, conditions, sources, evidence.

Words are data (`words.yaml`). Must not know what the words are for: diff.py compares them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

WORDS = Path(__file__).parent / "words.yaml"
LANGUAGES = ("zh", "en")
SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "in": "∈"}

Data = Mapping[str, Any]


@cache
def words(language: str) -> Data:
    """All words of one language."""
    found: Data = yaml.safe_load(WORDS.read_text("utf-8"))[language]
    return found


class Wording:
    """Words one pack in one language; names come from the pack's own tables."""

    def __init__(self, pack: Data, language: str) -> None:
        self.pack, self.language, self.words = pack, language, words(language)

    def field(self, name: str) -> str:
        """What a field is called."""
        return str(self.words["fields"][name])

    def header(self) -> dict[str, str]:
        """The pack's own fields."""
        pack = self.pack
        return {
            "title": self.pair(pack["title"]),
            "area": self.area(pack["area"]),
            "valid_from": pack["valid_from"],
            "valid_to": pack["valid_to"] or self.words["nothing"],
            "note": self.pair(pack["note"]),
        }

    def item(self, item: Data) -> dict[str, str]:
        """Every field of an item that may differ between versions."""
        applies, answer = item["applies"], item["answer"]
        nothing = str(self.words["nothing"])
        return {
            "rows": self.all(item["rows"], str),
            "text": self.pair(item["text"]),
            "modality": self.value(item["modality"]),
            "duty_holder": self.value(item["duty_holder"]),
            "sources": self.all(item["sources"], self.source),
            "legal_basis": self.all(item["legal_basis"], lambda each: self.source({**each, "clause": each["article"]})),
            "place": self.area(applies["area"]),
            "site_kinds": self.names("site_kinds", applies["site_kinds"]),
            "zones": self.names("zones", applies.get("zones", [])),
            "months": self.all(applies.get("months", []), str),
            "when": self.condition(applies["when"]),
            "valid_from": applies["valid_from"] or nothing,
            "valid_to": applies["valid_to"] or nothing,
            "kind": self.value(answer["kind"]) + (f" ({self.value('multiple')})" if answer["multiple"] else ""),
            "unit": answer["unit"] or nothing,
            "limit": self.limit(answer),
            "range": self.span(answer["minimum"], answer["maximum"]),
            "options": self.all(answer["options"], self.option),
            "evidence": self.all(item["evidence"], self.evidence),
            "phrases": self.all(item["phrases"], self.pair),
            "severity": self.value(item["severity"]),
            "rectification": self.rectification(item["rectification"]),
            "leads": self.names("departments", item["leads"]),
            "exemptions": self.all(item["exemptions"], self.exemption),
            "archived": self.pair(item["archived"]),
            "note": self.pair(item["note"]),
        }

    def option(self, each: Data) -> str:
        """A choice and what it means."""
        return f"{each[self.language]} ({self.value(each['result'])})"

    def exemption(self, each: Data) -> str:
        """What lifts a duty, and when."""
        return f"{self.pair(each['text'])} ({self.condition(each['when'])})"

    def pair(self, text: Data | None) -> str:
        """A text in this language."""
        return str(self.words["nothing"] if text is None else text[self.language])

    def value(self, code: str | None) -> str:
        """A code's word; a code that has none stands for itself."""
        return str(self.words["nothing"] if code is None else self.words["values"].get(code, code))

    def all(self, each: Sequence[Any], word: Callable[[Any], str]) -> str:
        """A list in words."""
        return str(self.words["list"]).join(map(word, each)) or str(self.words["nothing"])

    def names(self, table: str, codes: Sequence[str]) -> str:
        """Codes by their names in the pack's tables."""
        known = self.pack["tables"].get(table, {})
        return self.all(codes, lambda code: str(known.get(code, {}).get(self.language, code)))

    def area(self, area: Data) -> str:
        """Administrative codes, with what is left out of them."""
        include = self.all(area["include"], str) if area["include"] else str(self.words["everywhere"])
        if not area["exclude"]:
            return include
        return str(self.words["except"]).format(include=include, exclude=self.all(area["exclude"], str))

    def source(self, source: Data) -> str:
        """Document and clause, and how sure, unless it was read."""
        document = self.pack["tables"]["documents"][source["id"]][self.language]
        sure = "" if source["confidence"] == "read" else f" ({self.value(source['confidence'])})"
        return f"{document} {source['clause']}{sure}"

    def limit(self, answer: Data) -> str:
        """The threshold, and the limits that replace it."""
        limit = answer["threshold"]
        if limit is None:
            return self.value("record_only" if answer["record_only"] else None)
        said = [self._bound(limit, answer["unit"])]
        for other in answer.get("limits", []):
            when = self.condition(other["when"])
            said.append(str(self.words["if"]).format(limit=self._bound(other, answer["unit"]), when=when))
        return self.all(said, str)

    def _bound(self, limit: Data, unit: str) -> str:
        if "upper" in limit:
            return f"{self.span(limit['value'], limit['upper'])} {unit}"
        return f"{SIGNS[limit['op']]} {limit['value']:g} {unit}"

    def span(self, low: float | None, high: float | None) -> str:
        """What a quantity can be."""
        if low is None or high is None:
            return str(self.words["nothing"])
        return str(self.words["until"]).format(low=f"{low:g}", high=f"{high:g}")

    def condition(self, when: Data | None) -> str:
        """A condition as a sentence of comparisons."""
        if when is None:
            return str(self.words["nothing"])
        for key, word in (("all", "and"), ("any", "or")):
            if key in when:
                return "(" + f" {self.words[word]} ".join(self.condition(part) for part in when[key]) + ")"
        if "not" in when:
            return f"{self.words['not']} {self.condition(when['not'])}"
        field = self.pack["tables"]["fields"].get(when["field"], {})
        name = field.get(self.language, when["field"])
        if when["op"] == "known":
            return f"{name} {self.words['known']}"
        values = when["value"] if when["op"] == "in" else [when["value"]]
        said = self.all([self._scalar(each, field) for each in values], str)
        return f"{name} {SIGNS[when['op']]} {said}"

    def _scalar(self, value: Any, field: Data) -> str:
        if isinstance(value, bool):
            return str(self.words["yes" if value else "no"])
        if isinstance(value, int | float):
            return f"{value:g}{' ' + field['unit'] if 'unit' in field else ''}"
        return str(field.get("choices", {}).get(value, value)) if self.language == "zh" else str(value)

    def evidence(self, each: Data) -> str:
        """Kind, number, places, and whether it is always asked for."""
        said = self.value(each["kind"]) + (f" ×{each['count']}" if each["count"] > 1 else "")
        if each["offsets_m"]:
            said += f" ({self.all(each['offsets_m'], str)} ±{each['tolerance_m']} m)"
        return said + (f" ({self.value('always')})" if each["when"] == "always" else "")

    def rectification(self, fix: Data | None) -> str:
        """Kind and deadline."""
        if fix is None:
            return str(self.words["nothing"])
        deadline = fix["deadline"]
        basis = self.value(deadline["basis"])
        return f"{self.value(fix['kind'])} {deadline['amount']} {self.value(deadline['unit'])} ({basis})"
