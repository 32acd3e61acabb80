"""A pack as YAML: there and back again, short, and every fault with its line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists import library, pack_yaml
from checklists.errors import SourceInvalid

SHIPPED = {f"{code}@{version}": json.loads(each.data) for (code, version), each in library.shipped().items()}
SMALL = """\
code: yards-liuzhou
version: "2026.1"
topic: dust
title: {zh: 堆场检查表, en: Yard checklist}
area: {include: ["4502"]}
valid_from: 2026-01-01
items:
  - code: dust.yard.cover
    rows: [D7]
    text: {zh: 料堆盖好了吗？, en: "Are the piles covered?"}
    sources: [{kind: plan, id: liuzhou-attainment-2018, clause: 三（五）, year: 2018, confidence: read}]
    applies: {site_kinds: [stockpile_yard]}
    phrases: [{zh: 料堆没盖, en: Pile uncovered}]
    severity: moderate
    rectification: {kind: immediate, deadline: {amount: 1, unit: working_days, basis: setting}}
"""


def faults_of(text):
    with pytest.raises(SourceInvalid) as caught:
        pack_yaml.load(text)
    assert caught.value.code == "checklist-source-invalid"
    return caught.value.extras["faults"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_pack_comes_back_as_it_went(name):
    assert pack_yaml.load(pack_yaml.dump(SHIPPED[name])) == SHIPPED[name]


@pytest.mark.parametrize("name", ["dust-liujiang@2024.1", "straw-liuzhou@2026.1"])
def test_yaml_of_a_pack_read_and_written_again_is_the_same_text(name):
    text = pack_yaml.dump(SHIPPED[name])
    assert pack_yaml.dump(pack_yaml.load(text)) == text


def test_what_goes_without_saying_is_not_written():
    text = pack_yaml.dump(SHIPPED["straw-liuzhou@2026.1"])
    items = text.split("\ntables:")[0]
    assert "null" not in items
    assert "[]" not in items


def test_a_pack_written_by_hand_needs_little():
    pack = pack_yaml.load(SMALL)
    item = pack["items"][0]
    assert (pack["status"], pack["valid_from"], item["answer"]["kind"]) == ("draft", "2026-01-01", "pass_fail")
    assert set(pack["tables"]["documents"]) == {"liuzhou-attainment-2018"}
    assert set(pack["tables"]["site_kinds"]) == {"stockpile_yard"}


@pytest.mark.parametrize(
    ("was", "becomes", "line", "item", "message"),
    [
        ("severity: moderate", "severity: grave", 14, "dust.yard.cover", "'grave' is not one of"),
        ("rows: [D7]", "rows: [Z9]", 9, "dust.yard.cover", "'Z9' does not match"),
        ("site_kinds: [stockpile_yard]", "site_kinds: [moon]", 8, "dust.yard.cover", "'moon' is not among"),
        ("    severity: moderate\n", "", 8, "dust.yard.cover", "severity and rectification belong to a must"),
        ("topic: dust\n", "", 1, None, "'topic' is a required property"),
        ("topic: dust", "topic: dust\ntopic: voc", 4, None, "'topic' is written twice"),
        ('version: "2026.1"', "version: 2026.1", 2, None, "2026.1 is not of type 'string'"),
        ("valid_from: 2026-01-01", "valid_from: 2026-02-30", 6, None, "'2026-02-30'"),
        ("title: {zh: 堆场检查表, en: Yard checklist}", "title: {zh: 堆场检查表", 5, None, "is no YAML"),
        ("topic: dust", "topic: &a dust\nnote: *a", 4, None, "aliases"),
        ("topic: dust", "topic: !!python/object:os.system dust", 3, None, "the tag"),
        ("code: yards-liuzhou", "1: one\ncode: yards-liuzhou", 1, None, "a key is a word"),
        ("area: {include: [\"4502\"]}", "area: [[4502]]", 5, None, "is not of type 'object'"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(was, becomes, line, item, message):
    assert was in SMALL
    found = faults_of(SMALL.replace(was, becomes, 1))
    assert [(each["line"], each["item"]) for each in found][:1] == [(line, item)], found
    assert message in found[0]["message"]
    assert found[0]["place"] == f"line {line}"


@pytest.mark.parametrize("text", ["", "# nothing", "- 1", "pack", "[" * 50, "a: b: c", "\x00", "%YAML 9", "a: \ud800"])
def test_what_is_no_pack_at_all_is_refused(text):
    assert faults_of(text)


@given(st.text(max_size=200))
def test_no_text_does_anything_but_be_refused(text):
    assert faults_of(text)


@settings(deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.sampled_from("{}[]:-#\"'&*!|>%@`\n 0a"))
def test_one_wrong_character_is_a_pack_or_a_named_fault(at, char):
    text = SMALL[:at] + char + SMALL[at + 1 :]
    try:
        found, faults = pack_yaml.load(text), []
    except SourceInvalid as error:
        found, faults = None, error.extras["faults"]
    assert found or faults
    assert all(each["line"] >= 1 and each["message"] for each in faults)
