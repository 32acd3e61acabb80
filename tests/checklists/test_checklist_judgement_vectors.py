"""The vectors that clients in other languages are held to say what this engine says, and reach all that it can say."""

import json

import pytest

from checklists import library
from tests.checklists import judgement_vectors as vectors

STORED = json.loads(vectors.FILE.read_text("utf-8"))
CASES = STORED["cases"]


@pytest.mark.parametrize("n", range(len(CASES)), ids=lambda n: f"{n}-{CASES[n]['pack']}")
def test_a_stored_judgement_is_what_the_engine_says(n):
    assert vectors.judged(CASES[n]) == CASES[n]["expect"]


def test_stored_grades_are_what_the_engine_says():
    assert [vectors.graded(case) for case in STORED["grades"]] == [case["expect"] for case in STORED["grades"]]


def test_every_pack_outcome_flag_lack_and_grade_is_reached():
    assert {case["pack"] for case in CASES} == {f"{code}@{version}" for code, version in library.shipped()}
    verdicts = [verdict for case in CASES for verdict in case["expect"].get("verdicts", ())]
    assert {each["outcome"] for each in verdicts} == {"passed", "finding", "advice", "exempt", "not_applicable"}
    assert {flag for each in verdicts for flag in each["flags"]} == {
        "result-contradicts-value",
        "value-missing",
        "value-unused",
        "limit-uncertain",
        "outside-scope",
        "archived",
        "reason-missing",
        "evidence-lacking",
    }
    reasons = {reason for each in verdicts for _, reason, _ in each["lacks"]}
    assert reasons == {"missing", "too-long", "misplaced", "inaccurate", "unlocated"}
    assert {case["expect"].get("refused") for case in CASES} == {None, "unknown-item", "answer-invalid"}
    grades = [case["expect"] for case in STORED["grades"]]
    assert {reason for each in grades for reason in each["reasons"]} == {
        "patrol",
        "approval-missing",
        "officers-too-few",
        "representative-missing",
        "signature-missing",
        "refusal-incomplete",
    }
    assert {each["grade"] for each in grades} == {"lead", "evidence"}
