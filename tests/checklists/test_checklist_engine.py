"""From answers to findings and advice."""

import pytest

from checklists.engine import judge
from checklists.errors import AnswerInvalid, UnknownItem
from checklists.selection import Context, applicable_items

CLEAN = {"result": "pass", "photos": ["a", "b", "c"], "position": {"lon": 109.3, "lat": 24.2, "datum": "WGS84"}}


def answer(item, result="fail", **more):
    return {"item": item, "result": result, **more}


def one(pack, context, *given, **more):
    (verdict,) = judge(pack, given, context, **more).verdicts
    return verdict


def test_a_failed_duty_is_a_finding_with_all_it_needs(liujiang, site):
    verdict = one(liujiang, site, answer("dust.site.cover", photos=["a"], finding="f-1"))
    assert (verdict.outcome, verdict.severity, verdict.flags) == ("finding", "moderate", ())
    assert verdict.description == verdict.item.phrases[0].zh
    assert verdict.rectification.kind == "immediate"
    assert verdict.answer.finding == "f-1"


def test_the_inspectors_note_is_the_description(liujiang, site):
    assert one(liujiang, site, answer("dust.site.cover", note=" 东侧裸土 ")).description == "东侧裸土"


def test_a_description_comes_in_english_too(liujiang, site):
    assert one(liujiang, site, answer("dust.site.cover"), language="en").description == "Bare soil uncovered"


def test_no_encouraged_item_ever_makes_a_finding(packs, site):
    for pack in packs.values():
        for item in pack.items:
            if item.modality == "encouraged":
                verdict = one(pack, site, answer(item.code))
                assert (verdict.outcome, verdict.severity, verdict.rectification) == ("advice", None, None)
                assert verdict.description


def test_every_failed_must_that_is_not_archived_makes_a_finding(packs):
    for pack in packs.values():
        given = [answer(item.code) for item in pack.items]
        found = {verdict.item.code for verdict in judge(pack, given, Context()).findings}
        assert found == {i.code for i in pack.items if i.modality == "must" and i.archived is None}


def test_nothing_that_passed_or_does_not_apply_is_held_against_anyone(packs):
    for pack in packs.values():
        for result in ("pass", "not_applicable"):
            judgement = judge(pack, [answer(item.code, result) for item in pack.items], Context())
            assert judgement.findings == judgement.advice == ()


@pytest.mark.parametrize(
    ("stated", "value", "judged", "flags"),
    [
        ("pass", 100, "pass", ()),
        ("pass", 99.9, "fail", ("result-contradicts-value",)),
        ("fail", 80, "fail", ()),
        ("fail", 100, "fail", ("result-contradicts-value",)),
        ("pass", None, "pass", ("value-missing",)),
        ("fail", None, "fail", ("value-missing",)),
    ],
)
def test_the_stricter_of_statement_and_measurement_holds(liujiang, site, stated, value, judged, flags):
    verdict = one(liujiang, site, {**CLEAN, "item": "dust.lj6.cover", "result": stated, "value": value})
    assert verdict.result == judged
    assert tuple(flag for flag in verdict.flags if flag != "evidence-lacking") == flags


@pytest.mark.parametrize(("speed", "judged"), [(0.3, "pass"), (0.29, "fail")])
def test_the_capture_velocity_limit_is_inclusive(packs, speed, judged):
    answers = answer("voc.gb.10-2-2.hood-speed", "pass", value=speed)
    assert one(packs["voc-liuzhou"], Context(), answers).result == judged


@pytest.mark.parametrize(("height", "judged"), [(199, "pass"), (200, "fail")])
def test_the_outlet_height_limit_is_exclusive(packs, height, judged):
    answers = answer("voc.gb.6-2.outlet-height", "pass", value=height)
    assert one(packs["voc-liuzhou"], Context(), answers).result == judged


def test_a_failing_choice_fails_whatever_was_stated(liujiang, site):
    verdict = one(liujiang, site, answer("dust.faults.six", "pass", value=["bare_soil", "no_hoarding"]))
    assert (verdict.outcome, verdict.flags[0]) == ("finding", "result-contradicts-value")


def test_a_recorded_number_has_no_limit(packs, site):
    verdict = one(packs["straw-liujiang"], site, answer("straw.ledger.used", "pass", value=0))
    assert verdict.result == "pass"


def test_not_applicable_asks_for_a_reason(liujiang, site):
    assert one(liujiang, site, answer("dust.site.cover", "not_applicable")).flags == ("reason-missing",)
    assert one(liujiang, site, answer("dust.site.cover", "not_applicable", note="无裸土")).flags == ()


def test_a_failed_duty_outside_its_scope_is_kept_and_flagged(liujiang, site):
    plant = Context(site.day, site.unit, ("production",), {})
    verdict = one(liujiang, plant, answer("dust.site.cover", photos=["a"]))
    assert (verdict.outcome, verdict.flags) == ("finding", ("outside-scope",))


def test_a_lapsed_duty_is_advice(packs):
    verdict = one(packs["dust-guigang"], Context(), answer("dust.plate.scheme", photos=["a"]))
    assert (verdict.outcome, verdict.flags) == ("advice", ("archived",))


def test_low_content_lifts_collection_in_liujiang_but_not_in_liuzhou(packs, printer):
    slow = answer("voc.gb.10-2-2.hood-speed", value=0.1)
    lifted = one(packs["voc-liujiang"], printer, slow)
    assert (lifted.outcome, lifted.exempt) == ("exempt", ("low-content-lj",))
    assert one(packs["voc-liuzhou"], printer, slow).outcome == "finding"


@pytest.mark.parametrize(
    "attributes", [{"organic_polymer": True}, {"organic_polymer": None}, {"voc_content_max_pct": 10}]
)
def test_polymers_doubt_or_ten_percent_end_the_exemption(packs, printer, attributes):
    context = Context(printer.day, printer.unit, printer.site_kinds, {**printer.attributes, **attributes})
    assert one(packs["voc-liujiang"], context, answer("voc.gb.10-2-2.hood-speed", value=0.1)).outcome == "finding"


def test_the_polymer_clause_is_never_lifted(packs, printer):
    assert one(packs["voc-liujiang"], printer, answer("voc.gb.7-2-2.polymer")).outcome == "finding"


def test_guigang_wants_the_performance_level_for_its_exemption(packs):
    known = {"low_voc_product": True, "concentration_stable": True, "rate_compliant": True}
    weak = answer("voc.weak-unit.upgrade-gg")
    assert one(packs["voc-guigang"], Context(attributes=known), weak).outcome == "finding"
    known["performance_compliant"] = True
    assert one(packs["voc-guigang"], Context(attributes=known), weak).outcome == "exempt"


def test_unanswered_names_required_items_only(liujiang, site):
    judgement = judge(liujiang, [answer("dust.site.cover", "pass")], site)
    missing = {item.code for item in judgement.unanswered}
    required = {each.item.code for each in applicable_items(liujiang, site) if each.required}
    assert missing == required - {"dust.site.cover"}
    assert "dust.lj6.hoarding" in missing
    assert "dust.video.joined" not in missing


def test_answers_keep_their_order(liujiang, site):
    codes = ["dust.site.cover", "dust.lj6.cover", "dust.hoarding.closed"]
    assert [each.item.code for each in judge(liujiang, map_answers(codes), site).verdicts] == codes


def map_answers(codes):
    return [answer(code) for code in codes]


def test_an_unknown_item_is_refused_with_its_place(liujiang, site):
    with pytest.raises(UnknownItem) as caught:
        judge(liujiang, [answer("dust.site.cover"), answer("dust.lz6.hoarding")], site)
    assert (caught.value.code, caught.value.extras) == ("unknown-item", {"item": "dust.lz6.hoarding", "index": 1})


BAD = {
    "no object": "pass",
    "no item": {"result": "pass"},
    "no result": {"item": "dust.site.cover"},
    "another result": answer("dust.site.cover", "maybe"),
    "a text for a number": answer("dust.lj6.cover", value="80"),
    "a boolean for a number": answer("dust.lj6.cover", value=True),
    "no finite number": answer("dust.lj6.cover", value=float("nan")),
    "a number of 400 digits": answer("dust.lj6.cover", value=10**400),
    "more than all": answer("dust.lj6.cover", value=101),
    "a rate below nothing": answer("dust.lj6.cover", value=-1),
    "an unknown option": answer("dust.faults.six", value=["fog"]),
    "no list of options": answer("dust.faults.six", value="none"),
    "none and a fault at once": answer("dust.faults.six", value=["none", "bare_soil"]),
    "no options": answer("dust.faults.six", value=[]),
    "an option twice": answer("dust.faults.six", value=["bare_soil", "bare_soil"]),
    "no such day": answer("dust.site.ledger", value="2024-02-30"),
    "another calendar form": answer("dust.site.ledger", value="20240228"),
    "an object for yes or no": answer("dust.site.cover", value={"a": 1}),
    "photos that are no hashes": answer("dust.site.cover", photos=[1]),
    "a position that is no object": answer("dust.site.cover", position=[109, 24]),
    "a note that is no text": answer("dust.site.cover", note=7),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_answer_that_makes_no_sense_is_refused(liujiang, site, bad):
    with pytest.raises(AnswerInvalid) as caught:
        judge(liujiang, [bad], site)
    assert caught.value.code == "answer-invalid"


def test_an_item_answered_twice_is_refused(liujiang, site):
    with pytest.raises(AnswerInvalid, match="twice"):
        judge(liujiang, [answer("dust.site.cover"), answer("dust.site.cover", "pass")], site)


def test_a_plain_value_on_a_yes_or_no_item_is_kept_and_flagged(liujiang, site):
    assert one(liujiang, site, answer("dust.site.cover", "pass", value=3)).flags == ("value-unused",)


def test_nulls_on_the_wire_are_nothing(liujiang, site):
    nulls = dict.fromkeys(("value", "note", "photos", "position", "finding"))
    assert one(liujiang, site, answer("dust.site.cover", **nulls)).outcome == "finding"
