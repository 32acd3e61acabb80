"""What makes data a pack: each fault is named, and only faults are."""

import copy
import json

import pytest

from checklists import authoring, library, schema
from checklists.errors import PackInvalid


@pytest.fixture
def data() -> dict:
    return copy.deepcopy(json.loads(library.get("dust-liujiang", "2024.1").data))


def item(data, code):
    return next(each for each in data["items"] if each["code"] == code)


def refused(data) -> str:
    with pytest.raises(PackInvalid) as caught:
        schema.parse(data)
    return " | ".join(caught.value.extras["faults"])


def test_a_shipped_pack_is_valid(data):
    assert schema.parse(data).code == "dust-liujiang"


@pytest.mark.parametrize("nothing", [None, [], "pack", {}])
def test_what_is_no_pack_at_all_is_refused(nothing):
    assert refused(nothing)


def spoil_wording(each, language):
    each["text"][language] = " "


FAULTS = {
    "no Chinese": (lambda each: spoil_wording(each, "zh"), "text.zh"),
    "no English": (lambda each: spoil_wording(each, "en"), "text.en"),
    "no English phrase": (lambda each: each["phrases"][0].pop("en"), "'en' is a required property"),
    "no phrase": (lambda each: each["phrases"].clear(), "no ready phrase"),
    "no source": (lambda each: each["sources"].clear(), "no source"),
    "unknown document": (
        lambda each: each["sources"][0].update(id="elsewhere"),
        "'elsewhere' is not among the documents",
    ),
    "unknown department": (lambda each: each["leads"].append("navy"), "'navy' is not among the departments"),
    "unknown site kind": (
        lambda each: each["applies"]["site_kinds"].append("moon"),
        "'moon' is not among the site_kinds",
    ),
    "number without unit": (lambda each: each["answer"].update(unit=None), "needs a unit"),
    "number without threshold": (lambda each: each["answer"].update(threshold=None), "needs a threshold"),
    "number without range": (lambda each: each["answer"].update(maximum=None), "needs a range"),
    "limit out of range": (lambda each: each["answer"]["threshold"].update(value=101), "outside the range"),
    "must without severity": (lambda each: each.update(severity=None), "severity and rectification"),
    "encouraged with severity": (lambda each: each.update(modality="encouraged"), "severity and rectification"),
    "unknown modality": (lambda each: each.update(modality="should"), "'should'"),
    "unknown key": (lambda each: each.update(weight=3), "weight"),
    "undeclared field": (
        lambda each: each["applies"].update(when={"field": "moon", "op": "known"}),
        "'moon' is not declared",
    ),
    "field of another type": (
        lambda each: each["applies"].update(when={"field": "floor_area_m2", "op": "eq", "value": "big"}),
        "compares another type",
    ),
    "film of two minutes": (
        lambda each: each["evidence"].append(
            {"kind": "film", "count": 1, "when": "fail", "max_seconds": 120, "offsets_m": [], "tolerance_m": None}
        ),
        "max_seconds",
    ),
    "no such day": (lambda each: each["applies"].update(valid_to="2024-02-30"), "valid_to"),
    "dates exchanged": (
        lambda each: each["applies"].update(valid_from="2024-02-02", valid_to="2024-02-01"),
        "valid_to before valid_from",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_item_is_refused_by_name(data, fault):
    spoil, message = FAULTS[fault]
    spoil(item(data, "dust.lj6.hoarding"))
    assert message in refused(data)


def test_a_code_used_twice_is_refused(data):
    data["items"].append(copy.deepcopy(data["items"][0]))
    assert "dust.lj6.hoarding: code used 2 times" in refused(data)


def test_a_choice_needs_an_option_that_fails(data):
    options = item(data, "dust.faults.six")["answer"]["options"]
    del options[1:]
    assert "a passing and a failing option" in refused(data)


def test_a_condition_on_a_choice_that_does_not_exist_is_refused():
    data = copy.deepcopy(json.loads(library.get("straw-liujiang", "2024.1").data))
    item(data, "straw.zone.no-burning")["applies"]["when"]["value"] = "no-burn"
    assert "names no such choice" in refused(data)


def test_unknown_shorthand_names_its_entry():
    topic = {
        "topic": "dust",
        "packs": [{"code": "a", "include": ["45"]}],
        "sections": [{"packs": ["a"], "items": [{"code": "dust.a", "sevrity": "minor"}]}],
    }
    with pytest.raises(PackInvalid, match=r"dust\.a.*sevrity"):
        list(authoring.resolve(topic, authoring.read_registry(), "test.yaml"))
