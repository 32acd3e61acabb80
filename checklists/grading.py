"""Whether an inspection's findings are leads or may serve as evidence.

A patrol gives leads. An administrative inspection needs approval, two certified officers and the representative's
signature, or a refusal with reason and witness (行政处罚法 42; 国办发〔2024〕54号); without these it stays a lead.
Must not check that papers are genuine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from unicodedata import normalize

from .errors import ModeUnknown

LEAD, EVIDENCE = "lead", "evidence"


@dataclass(frozen=True)
class Grade:
    """`grade`: lead or evidence. `reasons`: why only a lead, as stable codes; empty for evidence.

    patrol, approval-missing, officers-too-few, representative-missing, signature-missing, refusal-incomplete.
    """

    grade: str
    reasons: tuple[str, ...]


def grade(
    mode: str,
    approval_no: str | None,
    officers: Sequence[Mapping[str, Any]] | None,
    representative: Mapping[str, Any] | None,
    signature: Mapping[str, Any] | None,
) -> Grade:
    """Grade an inspection by the wire fields of `inspection.submit`. Raises ModeUnknown.

    Officers count when two different people (by `user`, where given) hold two different certificate numbers; width,
    case and spaces do not make a number different. Whoever signs is named; whoever refuses need not be.
    """
    if mode == "patrol":
        return Grade(LEAD, ("patrol",))
    if mode != "administrative":
        raise ModeUnknown(f"mode {mode!r}", mode=mode)
    reasons = []
    if not _word(approval_no):
        reasons.append("approval-missing")
    if not _two_officers(officers or ()):
        reasons.append("officers-too-few")
    reasons += _signing_faults(_object(representative), _object(signature))
    return Grade(LEAD if reasons else EVIDENCE, tuple(reasons))


def _two_officers(officers: Sequence[Mapping[str, Any]]) -> bool:
    people = [each for each in officers if isinstance(each, Mapping)]
    certified = [(_word(each.get("user")), _number(each.get("certificate_no"))) for each in people]
    certified = [each for each in certified if each[1]]
    return any(one[1] != two[1] and (one[0] != two[0] or not one[0]) for one, two in combinations(certified, 2))


def _signing_faults(representative: Mapping[str, Any], signature: Mapping[str, Any]) -> list[str]:
    if signature.get("refused") is True:
        complete = _word(signature.get("reason")) and _word(signature.get("witness"))
        return [] if complete else ["refusal-incomplete"]
    faults = [] if _word(representative.get("name")) else ["representative-missing"]
    return faults if _word(signature.get("sha256")) else [*faults, "signature-missing"]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> str:
    return "".join(normalize("NFKC", _word(value)).casefold().split())
