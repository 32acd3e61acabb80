"""What an inspection's answers mean: which failed duties become findings, which missed encouragements are advice.

Reads answers by the pack version that they pinned. Must not know of ids, cells, states, storage or the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import conditions
from .answers import Answer, read
from .conditions import Truth
from .evidence import Gate, Lack, Media, lacks
from .model import Item, Pack, Rectification, Threshold
from .selection import Context, applicable_items, exemptions

# Outcomes of one answer. Only `finding` becomes a finding.
PASSED, FINDING, ADVICE, EXEMPT, NOT_APPLICABLE = "passed", "finding", "advice", "exempt", "not_applicable"


@dataclass(frozen=True)
class Verdict:
    """What one answer means.

    `result` is the judged one; the inspector's own is `answer.result`. `description` is the note or else the first
    ready phrase, for findings and advice. Severity and rectification are set for findings only. `flags` are stable
    codes for a supervisor's eye: result-contradicts-value, value-missing, value-unused, limit-uncertain, outside-scope,
    archived, reason-missing, evidence-lacking.
    """

    answer: Answer
    result: str
    outcome: str
    description: str | None
    severity: str | None
    rectification: Rectification | None
    lacks: tuple[Lack, ...]
    exempt: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def item(self) -> Item:
        """The item that was answered."""
        return self.answer.item


@dataclass(frozen=True)
class Judgement:
    """All verdicts in the order of the answers, and the required items that nobody answered."""

    verdicts: tuple[Verdict, ...]
    unanswered: tuple[Item, ...]

    @property
    def findings(self) -> tuple[Verdict, ...]:
        """Failed duties."""
        return tuple(each for each in self.verdicts if each.outcome == FINDING)

    @property
    def advice(self) -> tuple[Verdict, ...]:
        """Missed encouragements and lapsed duties: said, never held against anyone."""
        return tuple(each for each in self.verdicts if each.outcome == ADVICE)


def judge(
    pack: Pack,
    answers: Sequence[Any],
    context: Context,
    *,
    media: Mapping[str, Media] | None = None,
    gate: Gate | None = None,
    positioned: bool = False,
    language: str = "zh",
) -> Judgement:
    """Judge the answers of one inspection. Raises UnknownItem, AnswerInvalid.

    The stricter of the inspector's result and the measured or chosen value holds: a value over its limit fails in
    spite of a stated pass, and a stated fail stands though the value is in limits; both are flagged. not_applicable
    is left alone. A failed duty outside its scope is still a finding, flagged: the inspector saw it, the register
    may be wrong.
    """
    known = {} if media is None else media
    given = read(pack, answers)
    applicable = applicable_items(pack, context)
    asked = {each.item.code for each in applicable}
    verdicts = []
    for answer in given:
        held = exemptions(answer.item, context)
        result, flags = _result(answer, context)
        outcome = _outcome(answer.item, result, held)
        failing = outcome in (FINDING, ADVICE)
        lacking = lacks(answer, outcome == FINDING, known, gate, positioned) if result != NOT_APPLICABLE else []
        if answer.item.archived is not None:
            flags.append("archived")
        elif answer.item.code not in asked and result != NOT_APPLICABLE:
            flags.append("outside-scope")
        if lacking:
            flags.append("evidence-lacking")
        verdicts.append(
            Verdict(
                answer=answer,
                result=result,
                outcome=outcome,
                description=_description(answer, language) if failing else None,
                severity=answer.item.severity if outcome == FINDING else None,
                rectification=answer.item.rectification if outcome == FINDING else None,
                lacks=tuple(lacking),
                exempt=held,
                flags=tuple(flags),
            )
        )
    answered = {each.item.code for each in given}
    return Judgement(
        verdicts=tuple(verdicts),
        unanswered=tuple(each.item for each in applicable if each.required and each.item.code not in answered),
    )


def limit_of(item: Item, context: Context) -> tuple[Threshold | None, bool]:
    """The threshold that holds at a place, and whether something unknown could make it another.

    The first further limit that surely applies replaces the item's own; an unknown one does not (limits for special
    areas bind only where they are designated: GB 37822-2019 4.2).
    """
    doubtful = False
    for each in item.answer.limits:
        truth = conditions.evaluate(each.when, context.attributes)
        if truth is Truth.TRUE:
            return each.threshold, doubtful
        doubtful = doubtful or truth is Truth.UNKNOWN
    return item.answer.threshold, doubtful


def measured(item: Item, value: Any, limit: Threshold | None) -> bool | None:
    """Does a value by itself pass the limit or the options? None when there is neither, or no value."""
    if value is None:
        return None
    if limit is not None:
        return conditions.holds(limit.op, value, limit.value) and (limit.upper is None or value <= limit.upper)
    if item.answer.kind == "choice":
        chosen = value if isinstance(value, list) else [value]
        return all(option.result == "pass" for option in item.answer.options if option.value in chosen)
    return None


def _result(answer: Answer, context: Context) -> tuple[str, list[str]]:
    flags: list[str] = []
    kind = answer.item.answer.kind
    if answer.result == NOT_APPLICABLE:
        return answer.result, [] if answer.note else ["reason-missing"]
    if kind == "pass_fail":
        flags += ["value-unused"] if answer.value is not None else []
    elif answer.value is None:
        flags.append("value-missing")
    limit, doubtful = limit_of(answer.item, context)
    flags += ["limit-uncertain"] if doubtful and answer.value is not None else []
    by_value = measured(answer.item, answer.value, limit)
    if by_value is not None and by_value is not (answer.result == "pass"):
        flags.append("result-contradicts-value")
    return ("fail" if answer.result == "fail" or by_value is False else "pass"), flags


def _outcome(item: Item, result: str, exempt: tuple[str, ...]) -> str:
    if result == NOT_APPLICABLE:
        return NOT_APPLICABLE
    if result == "pass":
        return PASSED
    if exempt:
        return EXEMPT
    return ADVICE if item.modality == "encouraged" or item.archived is not None else FINDING


def _description(answer: Answer, language: str) -> str:
    if answer.note:
        return answer.note
    phrase = answer.item.phrases[0]
    return phrase.en if language == "en" else phrase.zh


__all__ = ["Context", "Judgement", "Verdict", "applicable_items", "judge", "limit_of", "measured"]
