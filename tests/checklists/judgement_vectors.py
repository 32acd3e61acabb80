"""Vectors that hold the engines of all languages together: contexts and answers for every published pack, judged here.

`python -m tests.checklists.judgement_vectors` writes them anew. A test judges the stored questions again and compares,
so they cannot fall behind this engine; the field app's tests read the same file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checklists import library
from checklists.engine import judge
from checklists.errors import ChecklistError
from checklists.evidence import Gate, Media
from checklists.grading import grade
from checklists.model import Item, Pack
from checklists.selection import Context, applicable_items, exemptions
from checklists.spots import Place

FILE = Path(__file__).parent / "vectors" / "judgements.json"
CASES_PER_PACK = 3
UNITS = [None, "45", "4502", "450203", "450206", "450206101", "4508", "450802"]
DAYS = [None, "2023-12-31", "2024-06-01", "2026-02-28", "2026-11-26", "2031-01-01"]
NOTES = ["", " ", "\u3000围挡缺口约3米 ", "\x1cx\x85", None]
GATE = (109.4282, 24.3263)
HASHES = [f"{n:064x}" for n in range(1, 9)]

Data = dict[str, Any]
_NOTHING_KNOWN: Data = {"media": {}, "gate": None, "positioned": False, "language": "zh"}


def judged(case: Mapping[str, Any]) -> Data:
    """What this engine says of one case, as plain data."""
    pack = library.get(*case["pack"].split("@")).pack
    context = Context.of(case["context"])
    media = {sha256: Media(**said) for sha256, said in case["media"].items()}
    gate = case["gate"] and Gate(Place(*case["gate"]["at"]), case["gate"]["bearing_deg"])
    known = {"media": media, "gate": gate, "positioned": case["positioned"], "language": case["language"]}
    items = applicable_items(pack, context)
    asked = {
        "items": [each.item.code for each in items],
        "optional": [each.item.code for each in items if not each.required],
        "unknown": {each.item.code: list(each.unknown) for each in items if not each.certain},
        "exempt": {each.item.code: list(each.exempt) for each in items if each.exempt},
    }
    try:
        judgement = judge(pack, case["answers"], context, **known)
    except ChecklistError as error:
        return {"asked": asked, "refused": error.code}
    return {
        "asked": asked,
        "unanswered": [item.code for item in judgement.unanswered],
        "verdicts": [
            {
                "item": each.item.code,
                "result": each.result,
                "outcome": each.outcome,
                "description": each.description,
                "severity": each.severity,
                "rectification": each.rectification and each.rectification.kind,
                "lacks": [[lack.kind, lack.reason, lack.count] for lack in each.lacks],
                "exempt": list(each.exempt),
                "flags": list(each.flags),
            }
            for each in judgement.verdicts
        ],
    }


def graded(case: Mapping[str, Any]) -> Data:
    """The grade of one inspection's papers."""
    found = grade(*(case[name] for name in ("mode", "approval_no", "officers", "representative", "signature")))
    return {"grade": found.grade, "reasons": list(found.reasons)}


def make(seed: int = 20261126) -> Data:
    """All vectors: a few cases for each pack, and papers of every kind."""
    dice = random.Random(seed)
    cases = [_case(dice, each.pack) for each in library.shipped().values() for _ in range(CASES_PER_PACK)]
    for more in (_exempted, _rare, _at_the_exit):
        cases += [case for each in library.shipped().values() for case in more(dice, each.pack)]
    papers = [_papers(dice) for _ in range(60)]
    return {
        "about": "Made by tests/checklists/judgement_vectors.py from checklists/engine.py. asked: the items to ask, in "
        "pack order, and which need no answer, are asked in doubt, or are exempt. verdicts: in the order of the "
        "answers; lacks are [kind, reason, count]. refused: the code of answers that make no sense. grades: whether an "
        "inspection's papers make it evidence.",
        "cases": [{**case, "expect": judged(case)} for case in cases],
        "grades": [{**case, "expect": graded(case)} for case in papers],
    }


def _case(dice: random.Random, pack: Pack) -> Data:
    context = _context(dice, pack)
    likely = [each.item for each in applicable_items(pack, Context.of(context))] or list(pack.items)
    chosen = dice.sample(likely, min(len(likely), dice.randint(1, 7)))
    # One that lies outside its scope, or is archived, is answered now and then too.
    chosen += [item for item in dice.sample(list(pack.items), 1) if item not in chosen]
    answers = [_answer(dice, item) for item in chosen]
    if dice.random() < 0.15:
        answers.append(dice.choice([answers[0], {"item": "no.such.item", "result": "pass"}, {"result": "pass"}, 7]))
    named = sorted({sha256 for each in answers if isinstance(each, dict) for sha256 in each.get("photos") or ()})
    gate = {"at": [*GATE, None], "bearing_deg": dice.choice([None, 30.0])}
    return {
        "pack": f"{pack.code}@{pack.version}",
        "context": context,
        "answers": answers,
        "media": {sha256: _media(dice) for sha256 in named if dice.random() < 0.8},
        "gate": gate if dice.random() < 0.7 else None,
        "positioned": dice.random() < 0.5,
        "language": dice.choice(["zh", "en"]),
    }


def _exempted(dice: random.Random, pack: Pack) -> Iterator[Data]:
    """A failed duty that an exemption holds for, where the pack has one."""
    for item in [each for each in pack.items if each.exemptions][:1]:
        contexts = (_context(dice, pack) for _ in range(1000))
        context = next(each for each in contexts if exemptions(item, Context.of(each)))
        answers = [{"item": item.code, "result": "fail"}]
        yield {"pack": f"{pack.code}@{pack.version}", "context": context, "answers": answers, **_NOTHING_KNOWN}


def _rare(dice: random.Random, pack: Pack) -> Iterator[Data]:
    """Items that chance may miss: an archived one, one with further limits, each in a place known and unknown."""
    rare = [each for each in pack.items if each.archived][:1] + [each for each in pack.items if each.answer.limits][:1]
    for item, known in [(item, known) for item in rare for known in (True, False)]:
        context = _context(dice, pack) if known else {}
        answers = [{"item": item.code, "result": "pass", "value": _value(dice, item)}]
        yield {"pack": f"{pack.code}@{pack.version}", "context": context, "answers": answers, **_NOTHING_KNOWN}


def _at_the_exit(dice: random.Random, pack: Pack) -> Iterator[Data]:
    """Photos along the road, where the pack wants them: none, too few, and enough, of every accuracy."""
    for item in [each for each in pack.items if any(one.offsets_m for one in each.evidence)][:1]:
        for photos in (HASHES[:2], HASHES[:3], HASHES[:5]):
            answers = [{"item": item.code, "result": "fail", "photos": photos}]
            case = {"pack": f"{pack.code}@{pack.version}", "context": _context(dice, pack), "answers": answers}
            gate = {"at": [*GATE, None], "bearing_deg": dice.choice([None, 30.0])}
            yield {**case, **_NOTHING_KNOWN, "media": {sha256: _media(dice) for sha256 in photos}, "gate": gate}


def _context(dice: random.Random, pack: Pack) -> Data:
    context: Data = {"date": dice.choice(DAYS), "unit": dice.choice([*UNITS, *pack.area.include])}
    if dice.random() < 0.8:
        context["site_kinds"] = [dice.choice(sorted(pack.tables["site_kinds"]))]
    fields = sorted(pack.tables["fields"].items())
    context["attributes"] = {name: _attribute(dice, field) for name, field in fields if dice.random() < 0.7}
    zones = sorted(pack.tables.get("zones", {}))
    if zones and dice.random() < 0.7:
        context["zones"] = [zone for zone in zones if dice.random() < 0.4]
        context["doubtful_zones"] = [zone for zone in zones if dice.random() < 0.3]
    return context


def _attribute(dice: random.Random, field: Mapping[str, Any]) -> Any:
    if dice.random() < 0.1:
        return dice.choice([None, "?", 1, True])
    if field["type"] == "boolean":
        return dice.random() < 0.6
    if field["type"] == "number":
        return dice.choice([0, 9.9, 10, 35, 150, 2000, 5000, 1000000])
    return dice.choice(sorted(field.get("choices", {})) or ["2022-05-01", "x"])


def _answer(dice: random.Random, item: Item) -> Data:
    answer: Data = {"item": item.code, "result": dice.choice(["pass", "fail", "fail", "not_applicable"])}
    if dice.random() < 0.75:
        answer["value"] = _value(dice, item)
    if dice.random() < 0.6:
        answer["note"] = dice.choice(NOTES)
    if dice.random() < 0.7:
        answer["photos"] = dice.choices(HASHES, k=dice.randint(0, 4))
    if dice.random() < 0.3:
        answer["position"] = {"lon": GATE[0], "lat": GATE[1], "datum": "WGS84"}
    return answer


def _value(dice: random.Random, item: Item) -> Any:
    kind = item.answer
    if dice.random() < 0.02:
        return dice.choice(["no", [], True, -1, {"a": 1}])
    if kind.kind == "number":
        limits = [kind.threshold, *(each.threshold for each in kind.limits)]
        ends = [end for each in limits if each for end in (each.value, each.upper) if end is not None]
        near = [end + step for end in ends for step in (-0.5, 0, 0.5)]
        lowest, highest = kind.minimum, kind.maximum
        known = [each for each in (lowest, highest) if each is not None]
        possible = [
            value
            for value in [*near, *known]
            if (lowest is None or value >= lowest) and (highest is None or value <= highest)
        ]
        return dice.choice(possible or [1])
    if kind.kind == "choice":
        option = dice.choice(kind.options).value
        return [option] if kind.multiple else option
    # Nothing asks for a value of a yes/no item; an old form's answer may hold one.
    plain = dice.choice([None, None, "否", 3])
    return {"date": "2026-02-28", "text": "记录在案"}.get(kind.kind, plain)


def _media(dice: random.Random) -> Data:
    said: Data = {"kind": dice.choice(["photo", "photo", "photo", "film", "document", "audio", None])}
    if said["kind"] == "film":
        said["seconds"] = dice.choice([10, 60, 61, None])
    if dice.random() < 0.8:
        along = dice.choice([-50, 0, 50, 200]) + dice.uniform(-12, 12)
        said["lon"] = round(GATE[0] + along * 0.5 / 101_500, 7)
        said["lat"] = round(GATE[1] + along * 0.866 / 110_770, 7)
        said["accuracy_m"] = dice.choice([None, 4.0, 15.0, 60.0])
    return said


def _papers(dice: random.Random) -> Data:
    people, numbers = [None, "a", "b", " b "], ["", "桂B0001", "桂b 0001", "桂Ｂ０００１", "桂B0002"]
    officers = [
        {"user": dice.choice(people), "certificate_no": dice.choice(numbers)} for _ in range(dice.randint(0, 3))
    ]
    refused = {"refused": True, "reason": dice.choice(["", "负责人不在场"]), "witness": dice.choice(["", "李四"])}
    return {
        "mode": dice.choice(["patrol", "administrative", "administrative", "administrative"]),
        "approval_no": dice.choice([None, " ", "柳环检〔2026〕7号", "柳环检〔2026〕7号"]),
        "officers": dice.choice([None, officers, officers, [{"certificate_no": "1"}, {"certificate_no": "2"}]]),
        "representative": dice.choice([None, {"name": " "}, {"name": "张三"}, {"name": "张三"}]),
        "signature": dice.choice([None, {"sha256": ""}, {"sha256": "a" * 64}, {"sha256": "a" * 64}, refused]),
    }


def text(vectors: Data) -> str:
    """One line a case, so that a change shows where it is."""
    parts = [f'"about": {json.dumps(vectors["about"])}']
    for name in ("cases", "grades"):
        lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in vectors[name])
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(make()), "utf-8")
