"""What changed between two versions, in words of both languages."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists import library, wording
from checklists.diff import compare

SHIPPED = [json.loads(each.data) for each in library.shipped().values()]


@pytest.fixture
def old():
    return json.loads(library.get("dust-liujiang", "2024.1").data)


@pytest.fixture
def new(old):
    return copy.deepcopy(old)


def item(pack, code):
    return next(each for each in pack["items"] if each["code"] == code)


def sentences(old, new, language="zh"):
    return [each.sentence for each in compare(old, new, language)]


@pytest.mark.parametrize("pack", SHIPPED, ids=lambda pack: f"{pack['code']}@{pack['version']}")
@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_pack_does_not_differ_from_itself(pack, language):
    assert compare(pack, pack, language) == []


def test_a_changed_limit_is_said_from_what_to_what(old, new):
    item(new, "dust.exit.road-clean")["answer"]["threshold"]["value"] = 60
    assert sentences(old, new) == ["dust.exit.road-clean：限值由“≥ 50 m”改为“≥ 60 m”"]
    assert sentences(old, new, "en") == ["dust.exit.road-clean: limit from “≥ 50 m” to “≥ 60 m”"]


def test_items_added_and_removed_are_named_with_their_question(old, new):
    gone = new["items"].pop(0)
    new["items"].append({**gone, "code": "dust.lj6.hoarding-all"})
    assert sentences(old, new, "en") == [
        "Removed dust.lj6.hoarding: Is the site hoarded all round (100 %)?",
        "Added dust.lj6.hoarding-all: Is the site hoarded all round (100 %)?",
    ]


def test_changes_come_by_section_the_packs_own_first(old, new):
    for code in ("dust.video.joined", "dust.exit.road-clean", "dust.lj6.cover"):
        item(new, code)["leads"] = ["eco"]
        new["tables"]["departments"]["eco"] = {"zh": "生态环境", "en": "ecology and environment"}
    new["valid_to"] = "2026-12-31"
    assert [each.section for each in compare(old, new)] == ["", "dust.exit", "dust.lj6", "dust.video"]


DIGGING = {"field": "earthwork", "op": "eq", "value": True}


@pytest.mark.parametrize(
    ("field", "change", "said"),
    [
        ("modality", lambda i: i.update(modality="encouraged"), ("必须", "鼓励")),
        ("severity", lambda i: i.update(severity="serious"), ("较重", "严重")),
        ("months", lambda i: i["applies"].update(months=[1, 2]), ("无", "1、2")),
        ("when", lambda i: i["applies"].update(when={"not": DIGGING}), ("无", "不是 正在土方作业 = 是")),
        ("place", lambda i: i["applies"]["area"].update(include=["450206101"]), ("全部", "450206101")),
        ("rectification", lambda i: i["rectification"]["deadline"].update(amount=9),
         ("立行立改 1 工作日 (可设置)", "立行立改 9 工作日 (可设置)")),
        ("evidence", lambda i: i["evidence"].pop(0), ("照片、定位、数值 (必备)", "定位、数值 (必备)")),
        ("limit", lambda i: i["answer"].update(limits=[{"when": DIGGING, "op": "gte", "value": 90}]),
         ("≥ 100 %", "≥ 100 %、≥ 90 %（正在土方作业 = 是时）")),
    ],
)  # fmt: skip
def test_each_kind_of_field_is_put_into_words(old, new, field, change, said):
    change(item(new, "dust.lj6.cover"))
    (found,) = compare(old, new)
    assert (found.field, found.old, found.new) == (field, *said)


def test_the_new_straw_version_says_what_it_changed():
    old, new = (json.loads(library.get("straw-liuzhou", version).data) for version in ("2024.1", "2026.1"))
    said = sentences(old, new, "en")
    assert "straw.zone.no-burning: zones from “nothing” to “no-burn zone”" in said
    assert "Added burning.waste.none: Is nobody burning rubbish or leaves outdoors?" in said


def test_both_languages_have_the_same_words():
    chinese, english = (wording.words(language) for language in wording.LANGUAGES)
    assert chinese.keys() == english.keys()
    for group in ("fields", "values"):
        assert chinese[group].keys() == english[group].keys()


def test_every_field_of_an_item_is_compared(old):
    named = set(wording.Wording(old, "zh").item(old["items"][0]))
    inside = {"applies": {"place", "site_kinds", "zones", "months", "when", "valid_from", "valid_to"}}
    inside["answer"] = {"kind", "unit", "limit", "range", "options"}
    assert set(old["items"][0]) - {"code"} <= named | set(inside)
    assert set().union(*inside.values()) <= named


@given(st.sampled_from(SHIPPED), st.sampled_from(SHIPPED), st.sampled_from(wording.LANGUAGES))
def test_what_one_way_adds_the_other_way_removes(one, two, language):
    there, back = compare(one, two, language), compare(two, one, language)
    added = {each.item for each in there if each.kind == "added"}
    assert added == {each.item for each in back if each.kind == "removed"}
    assert len(there) == len(back)
