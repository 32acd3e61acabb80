"""Leads and evidence: what an administrative inspection must carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.errors import ModeUnknown
from checklists.grading import grade

OFFICERS = [{"user": "u1", "certificate_no": "桂B0001"}, {"user": "u2", "certificate_no": "桂B0002"}]
WHOLE = {
    "mode": "administrative",
    "approval_no": "柳环检〔2026〕7号",
    "officers": OFFICERS,
    "representative": {"name": "韦某", "phone": None, "post": "项目经理"},
    "signature": {"sha256": "ab" * 32},
}
REFUSAL = {"refused": True, "reason": "拒绝签字", "witness": "村委会 覃某"}


def graded(**changes):
    found = grade(**{**WHOLE, **changes})
    return found.grade, found.reasons


def test_a_whole_administrative_inspection_is_evidence():
    assert graded() == ("evidence", ())


def test_a_patrol_stays_a_lead_whatever_it_carries():
    assert graded(mode="patrol") == ("lead", ("patrol",))


def test_a_refusal_with_reason_and_witness_is_evidence_without_a_name():
    assert graded(signature=REFUSAL, representative=None) == ("evidence", ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"approval_no": None}, "approval-missing"),
        ({"approval_no": "  "}, "approval-missing"),
        ({"officers": None}, "officers-too-few"),
        ({"officers": OFFICERS[:1]}, "officers-too-few"),
        ({"officers": [OFFICERS[0], {"user": "u2", "certificate_no": None}]}, "officers-too-few"),
        ({"officers": [OFFICERS[0], {"user": "u2", "certificate_no": " 桂b ０００１"}]}, "officers-too-few"),
        ({"officers": [OFFICERS[0], {"user": "u1", "certificate_no": "桂B0002"}]}, "officers-too-few"),
        ({"officers": ["u1", "u2"]}, "officers-too-few"),
        ({"representative": "韦某"}, "representative-missing"),
        ({"signature": None}, "signature-missing"),
        ({"signature": {"sha256": ""}}, "signature-missing"),
        ({"representative": None}, "representative-missing"),
        ({"signature": {**REFUSAL, "witness": None}}, "refusal-incomplete"),
        ({"signature": {**REFUSAL, "reason": " "}}, "refusal-incomplete"),
    ],
)
def test_each_lack_alone_makes_it_a_lead(changes, reason):
    assert graded(**changes) == ("lead", (reason,))


def test_a_third_officer_can_make_the_pair():
    assert graded(officers=[OFFICERS[0], OFFICERS[0], OFFICERS[1]]) == ("evidence", ())


def test_officers_without_accounts_are_told_apart_by_certificate():
    assert graded(officers=[{"user": None, "certificate_no": n} for n in ("1", "2")]) == ("evidence", ())


def test_all_lacks_are_named_together():
    found = grade("administrative", None, None, None, None)
    assert found.reasons == ("approval-missing", "officers-too-few", "representative-missing", "signature-missing")


@given(st.sets(st.sampled_from(["approval_no", "officers", "representative", "signature"]), min_size=1))
def test_taking_anything_away_never_leaves_evidence(missing):
    assert graded(**dict.fromkeys(missing))[0] == "lead"


@pytest.mark.parametrize("mode", ["", "Patrol", None])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(ModeUnknown):
        graded(mode=mode)
