"""The shape of a pack in memory: frozen records, no behaviour beyond look-up and reading from plain data.

Must not validate (schema.py does) and must not decide what applies (selection.py) or what an answer means (engine.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """One wording in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Source:
    """Where a duty is written. `confidence`: read at the source, medium (an inference), known (not verified)."""

    kind: str  # plan | notice | standard
    id: str
    clause: str
    year: int
    confidence: str


@dataclass(frozen=True)
class LegalBasis:
    """A statute article that a failed duty may break."""

    id: str
    article: str
    confidence: str


@dataclass(frozen=True)
class Area:
    """Administrative codes by prefix: inside any of `include`, outside all of `exclude`; no include means
    everywhere.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class Applies:
    """Where and when an item is asked. Empty site kinds: every kind. No condition: always. Dates are inclusive.

    `zones`: kinds of zones, any of which must hold at the place; `months`: 1 to 12. Empty: everywhere, all year.
    """

    area: Area
    site_kinds: tuple[str, ...]
    when: Condition | None
    valid_from: date | None
    valid_to: date | None
    zones: tuple[str, ...] = ()
    months: tuple[int, ...] = ()


@dataclass(frozen=True)
class Threshold:
    """A number passes when `number <op> value`, and where there is an upper end, `number <= upper` too."""

    op: str  # eq | lt | lte | gt | gte
    value: float
    upper: float | None = None


@dataclass(frozen=True)
class Limit:
    """A threshold that holds instead of the item's own while `when` is surely true (a designated special area)."""

    when: Condition
    threshold: Threshold


@dataclass(frozen=True)
class Option:
    """One choice and what choosing it means."""

    value: str
    text: Text
    result: str  # pass | fail


@dataclass(frozen=True)
class AnswerKind:
    """What an inspector answers besides pass, fail or not applicable.

    `minimum` and `maximum` are what the quantity can be at all, not its limit. `record_only`: a number kept without
    a limit. `limits`: the first that surely holds replaces the threshold.
    """

    kind: str  # pass_fail | number | choice | text | date
    unit: str | None
    threshold: Threshold | None
    minimum: float | None
    maximum: float | None
    record_only: bool
    options: tuple[Option, ...]
    multiple: bool
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What must accompany an answer. `when`: on fail only, or always. Offsets are metres along the road from the
    gate.
    """

    kind: str  # photo | film | audio | document | position | number
    count: int
    when: str
    max_seconds: int | None
    offsets_m: tuple[int, ...]
    tolerance_m: int | None


@dataclass(frozen=True)
class Deadline:
    """How long rectification may take. `basis`: source (a document says so) or setting (an office may change it)."""

    amount: int
    unit: str  # working_hours | working_days | days
    basis: str


@dataclass(frozen=True)
class Rectification:
    """immediate (立行立改) or time_limited (限期整改)."""

    kind: str
    deadline: Deadline


@dataclass(frozen=True)
class Exemption:
    """While `when` is surely true the item is not required; unknown never exempts."""

    code: str
    text: Text
    when: Condition
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Item:
    """One question of a checklist. An encouraged item has neither severity nor rectification; an archived one is
    not asked. `zones`, `months` and `limits` are written only where they are used, so older versions lack them.
    """

    code: str
    rows: tuple[str, ...]
    text: Text
    modality: str  # must | encouraged
    duty_holder: str  # operator | developer | government | person
    sources: tuple[Source, ...]
    legal_basis: tuple[LegalBasis, ...]
    applies: Applies
    answer: AnswerKind
    phrases: tuple[Text, ...]
    evidence: tuple[Evidence, ...]
    severity: str | None  # minor | moderate | serious
    rectification: Rectification | None
    leads: tuple[str, ...]
    exemptions: tuple[Exemption, ...]
    archived: Text | None
    note: Text | None


@dataclass(frozen=True)
class Pack:
    """One version of one checklist. `tables` names its documents, departments, site kinds and condition fields."""

    code: str
    version: str
    topic: str  # dust | voc | straw | industry | mobile_source | living | management | noise | water | waste
    status: str  # draft | published
    title: Text
    area: Area
    valid_from: date
    valid_to: date | None
    note: Text | None
    tables: Mapping[str, Mapping[str, Any]]
    items: tuple[Item, ...]

    @cached_property
    def by_code(self) -> Mapping[str, Item]:
        """Items by their code."""
        return {item.code: item for item in self.items}


def _text(data: Mapping[str, Any] | None) -> Text | None:
    return None if data is None else Text(data["zh"], data["en"])


def _texts(data: list[Mapping[str, Any]]) -> tuple[Text, ...]:
    return tuple(Text(each["zh"], each["en"]) for each in data)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _area(data: Mapping[str, Any]) -> Area:
    return Area(tuple(data["include"]), tuple(data["exclude"]))


def _sources(data: list[Mapping[str, Any]]) -> tuple[Source, ...]:
    return tuple(Source(**each) for each in data)


def _answer(data: Mapping[str, Any]) -> AnswerKind:
    limit = data["threshold"]
    return AnswerKind(
        kind=data["kind"],
        unit=data["unit"],
        threshold=None if limit is None else Threshold(limit["op"], limit["value"], limit.get("upper")),
        minimum=data["minimum"],
        maximum=data["maximum"],
        record_only=data["record_only"],
        options=tuple(Option(o["value"], Text(o["zh"], o["en"]), o["result"]) for o in data["options"]),
        multiple=data["multiple"],
        limits=tuple(Limit(each["when"], Threshold(each["op"], each["value"])) for each in data.get("limits", ())),
    )


def _item(data: Mapping[str, Any]) -> Item:
    applies, fix = data["applies"], data["rectification"]
    return Item(
        code=data["code"],
        rows=tuple(data["rows"]),
        text=Text(**data["text"]),
        modality=data["modality"],
        duty_holder=data["duty_holder"],
        sources=_sources(data["sources"]),
        legal_basis=tuple(LegalBasis(**each) for each in data["legal_basis"]),
        applies=Applies(
            area=_area(applies["area"]),
            site_kinds=tuple(applies["site_kinds"]),
            when=applies["when"],
            valid_from=_date(applies["valid_from"]),
            valid_to=_date(applies["valid_to"]),
            zones=tuple(applies.get("zones", ())),
            months=tuple(applies.get("months", ())),
        ),
        answer=_answer(data["answer"]),
        phrases=_texts(data["phrases"]),
        evidence=tuple(Evidence(**{**each, "offsets_m": tuple(each["offsets_m"])}) for each in data["evidence"]),
        severity=data["severity"],
        rectification=None if fix is None else Rectification(fix["kind"], Deadline(**fix["deadline"])),
        leads=tuple(data["leads"]),
        exemptions=tuple(
            Exemption(each["code"], Text(**each["text"]), each["when"], _sources(each["sources"]))
            for each in data["exemptions"]
        ),
        archived=_text(data["archived"]),
        note=_text(data["note"]),
    )


def pack_from(data: Mapping[str, Any]) -> Pack:
    """Read plain data that has already passed `schema.validate`."""
    return Pack(
        code=data["code"],
        version=data["version"],
        topic=data["topic"],
        status=data["status"],
        title=Text(**data["title"]),
        area=_area(data["area"]),
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_to=_date(data["valid_to"]),
        note=_text(data["note"]),
        tables=data["tables"],
        items=tuple(_item(each) for each in data["items"]),
    )
