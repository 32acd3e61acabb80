"""What changed between two versions of a checklist, in words: items added, removed, and fields from what to what.

Compares words, not bytes: what reads the same in a language is no change in it. Must not know where packs are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .wording import Wording

Data = Mapping[str, Any]
PACK_SECTION = ""


@dataclass(frozen=True)
class Change:
    """One change. `section`: the item code without its last part, empty for the pack itself; `item`: None for it."""

    section: str
    item: str | None
    kind: str  # added | removed | changed
    field: str | None
    old: str | None
    new: str | None
    sentence: str


def compare(old: Data, new: Data, language: str = "zh") -> list[Change]:
    """The changes from one version to another, the pack's own first, then by section and item."""
    before, after = Wording(old, language), Wording(new, language)
    pack_name = str(before.words["pack"])
    found = list(_changed(None, pack_name, before.header(), after.header(), after))
    olds = {item["code"]: item for item in old["items"]}
    news = {item["code"]: item for item in new["items"]}
    for code in sorted(set(olds) | set(news), key=lambda code: (_section(code), code)):
        if code not in olds:
            found.append(_whole("added", code, after, news[code]))
        elif code not in news:
            found.append(_whole("removed", code, before, olds[code]))
        else:
            found += _changed(code, code, before.item(olds[code]), after.item(news[code]), after)
    return found


def _whole(kind: str, code: str, wording: Wording, item: Data) -> Change:
    text = wording.pair(item["text"])
    sentence = str(wording.words[kind]).format(code=code, text=text)
    gone = kind == "removed"
    return Change(_section(code), code, kind, None, text if gone else None, None if gone else text, sentence)


def _changed(
    code: str | None, name: str, old: Mapping[str, str], new: Mapping[str, str], wording: Wording
) -> Iterator[Change]:
    section = PACK_SECTION if code is None else _section(code)
    for field, before in old.items():
        after = new[field]
        if after != before:
            said = str(wording.words["changed"]).format(code=name, field=wording.field(field), old=before, new=after)
            yield Change(section, code, "changed", field, before, after, said)


def _section(code: str) -> str:
    return code.rsplit(".", 1)[0]
