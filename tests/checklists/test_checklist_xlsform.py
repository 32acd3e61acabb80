"""A pack as an XLSForm: converted without a warning, in both languages, and read back to the same pack."""

import io
import json
import re
import zipfile
from datetime import date
from html import escape

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from checklists import conditions, library, xlsform, xlsform_import, xpath
from checklists.conditions import Truth
from checklists.errors import SourceInvalid
from checklists.model import pack_from
from checklists.selection import Context, item_truth

SHIPPED = {f"{code}@{version}": json.loads(each.data) for (code, version), each in library.shipped().items()}
DUST = SHIPPED["dust-liujiang@2024.1"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_pack_becomes_a_form_without_a_warning(name):
    converted = convert(xlsform.write(SHIPPED[name]), file_type=".xlsx")
    assert converted.warnings == []
    asked = [item for item in SHIPPED[name]["items"] if item["archived"] is None]
    for item in asked:
        # The converter makes curly quotation marks straight.
        assert escape(item["text"]["zh"].replace("“", '"').replace("”", '"'), quote=False) in converted.xform
        assert f"/{xlsform.names(SHIPPED[name])[item['code']]}" in converted.xform


@pytest.mark.parametrize("name", SHIPPED)
def test_every_pack_comes_back_as_it_went(name):
    assert xlsform_import.read(xlsform.write(SHIPPED[name])) == SHIPPED[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_label_is_there_in_both_languages(name):
    for rows in (xlsform.survey(SHIPPED[name]), xlsform.choices(SHIPPED[name])):
        for row in rows:
            if row.get("type") != "end_group":
                assert row[f"label::{xlsform.CHINESE}"]
                assert row[f"label::{xlsform.ENGLISH}"]


def test_the_same_pack_gives_the_same_bytes():
    assert xlsform.write(DUST) == xlsform.write(DUST)


def questions(pack, code):
    name = xlsform.names(pack)[code]
    return {row["name"].removeprefix(name): row for row in xlsform.survey(pack) if row.get("name", "").startswith(name)}


def test_the_exit_rule_asks_for_three_photos_each_with_its_place():
    rows = questions(DUST, "dust.exit.road-clean")
    assert [rows[f"_photo_{n}"]["type"] for n in (1, 2, 3)] == ["image"] * 3
    assert [rows[f"_spot_{n}"][f"label::{xlsform.ENGLISH}"] for n in (1, 2, 3)] == [
        "Position 1 -50 m", "Position 2 +0 m", "Position 3 +50 m",
    ]  # fmt: skip
    assert "max-pixels=20000" in rows["_photo_1"]["parameters"]


def test_a_limit_binds_a_pass_and_the_range_binds_every_answer():
    constraint = questions(DUST, "dust.exit.road-clean")["_value"]["constraint"]
    assert constraint == ". >= 0 and . <= 1000 and (${dust_exit_road_clean} != 'pass' or . >= 50)"
    special = questions(SHIPPED["voc-control-liuzhou@2026.1"], "voc.gb.9-1.open-surface")["_value"]["constraint"]
    assert "if((${special_area} != '' and ${special_area} = 'yes'), . < 100, . < 200)" in special
    ratio = questions(SHIPPED["oil-guigang@2026.1"], "oil.gb.vapour-ratio")["_value"]["constraint"]
    assert "(. >= 1 and . <= 1.2)" in ratio


# Expressions are judged here by a reader of their own, so that the form and the engine can be compared.
def judge(expression, answers):
    def value(name):
        found = answers.get(name, "")
        return ("yes" if found else "no") if isinstance(found, bool) else found

    text = re.sub(r"\$\{(\w+)\}", r"value('\1')", expression)
    text = text.replace(" = ", " == ").replace("not(", "not (").replace("starts-with(", "starts_with(")
    text = text.replace("format-date(", "month(")
    functions = {
        "value": value,
        "selected": lambda chosen, code: code in chosen,
        "starts_with": lambda text, start: text.startswith(start),
        "month": lambda day, _form: date.fromisoformat(day).month,
        "date": lambda text: text,
    }
    return bool(eval(text, {"__builtins__": {}}, functions))


names = st.sampled_from(["a", "b", "c"])
orders = st.sampled_from(["lt", "lte", "gt", "gte", "ne"])
words = st.lists(st.sampled_from("xyz"), min_size=1)
leaves = st.one_of(
    st.builds(lambda f, v: {"field": f"t{f}", "op": "eq", "value": v}, names, st.booleans()),
    st.builds(lambda f, o, v: {"field": f"n{f}", "op": o, "value": v}, names, orders, st.integers(-2, 2)),
    st.builds(lambda f, v: {"field": f"s{f}", "op": "in", "value": v}, names, words),
    st.builds(lambda f: {"field": f"n{f}", "op": "known"}, names),
)  # fmt: skip
whens = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda p: {"all": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"any": p}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda p: {"not": p}, inner),
    ),
    max_leaves=8,
)
answers = st.fixed_dictionaries(
    {},
    optional={f"{kind}{name}": values for name in "abc" for kind, values in
              (("t", st.booleans()), ("n", st.integers(-3, 3)), ("s", st.sampled_from("xyzw")))},
)  # fmt: skip


@given(whens, answers)
def test_a_form_shows_what_may_apply_and_lifts_what_surely_does(when, known):
    truth = conditions.evaluate(when, known)
    assert judge(xpath.possible(when), known) is (truth is not Truth.FALSE)
    assert judge(xpath.certain(when), known) is (truth is Truth.TRUE)


KINDS = [[], ["construction"], ["admin_area", "road"], ["demolition"], ["boiler"], ["farmland"]]
PLACES = st.fixed_dictionaries({
    "date": st.sampled_from([None, "2024-12-31", "2026-02-01", "2026-07-01"]),
    "unit": st.sampled_from([None, "45", "450206", "450206101", "450222", "450802"]),
    "site_kinds": st.sampled_from(KINDS),
    "zones": st.sampled_from([None, [], ["no-burn"], ["built-up", "populated"]]),
})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(PLACES, st.sampled_from([name for name in SHIPPED if name.endswith("2026.1")]))
def test_the_form_and_the_engine_ask_the_same(place, name):
    pack = SHIPPED[name]
    form = {
        xpath.DAY: place["date"] or "",
        xpath.UNIT: place["unit"] or "",
        xpath.KINDS: place["site_kinds"] or "",
        xpath.ZONES: "" if place["zones"] is None else place["zones"] or [xpath.NO_ZONE],
    }
    for raw, item in zip(pack["items"], pack_from(pack).items, strict=True):
        shown = xpath.shown(raw)
        engine = item_truth(item, Context.of(place)) is not Truth.FALSE
        assert (not shown or judge(shown, form)) is engine, raw["code"]


def edited(change):
    book = openpyxl.load_workbook(io.BytesIO(xlsform.write(DUST)))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row_of(sheet, name):
    return next(row for row in sheet.iter_rows(min_row=2) if name in (row[0].value, row[1].value))


def reword(book):
    row = row_of(book["survey"], "dust_exit_road_clean")
    row[2].value, row[5].value = "路面干净吗？", "A new note"
    row[4].value = "新说明"
    book["choices"].append(["dust_exit_road_clean_phrases", "p9", "路边积土", "Soil at the roadside"])
    book["settings"]["C2"].value = "2027.1"


def test_what_a_translator_edits_arrives():
    pack = xlsform_import.read(edited(reword))
    item = next(each for each in pack["items"] if each["code"] == "dust.exit.road-clean")
    assert (item["text"]["zh"], item["note"]) == ("路面干净吗？", {"zh": "新说明", "en": "A new note"})
    assert item["phrases"][-1] == {"zh": "路边积土", "en": "Soil at the roadside"}
    assert pack["version"] == "2027.1"


def without_sheet(book):
    del book["bluegrid"]


def new_question(book):
    book["survey"].append(["select_one result", "dust_new", "新问题？", "New?"])


def lost_question(book):
    row = row_of(book["survey"], "dust_site_cover")
    book["survey"].delete_rows(row[0].row)


def empty_label(book):
    row_of(book["survey"], "dust_site_cover")[3].value = None


def other_option(book):
    row = next(r for r in book["choices"].iter_rows(min_row=2) if r[0].value == "dust_faults_six_options")
    row[1].value = "something"


def broken_yaml(book):
    book["bluegrid"]["C5"].value = "code: [1"


def other_form(book):
    book["settings"]["B2"].value = "elsewhere"


def no_heading(book):
    book["survey"]["B1"].value = "nom"


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (without_sheet, "workbook", "has no sheet 'bluegrid'; it was not exported from here"),
        (new_question, "survey row", "has no row in the sheet bluegrid"),
        (lost_question, "survey", "the question dust_site_cover is missing"),
        (empty_label, "bluegrid row", "text.en"),
        (other_option, "choices row", "the option 'something' is not the item's"),
        (broken_yaml, "bluegrid row 5", "is no YAML"),
        (other_form, "settings row 2", "form_id is 'elsewhere'"),
        (no_heading, "survey row 1", "has no column 'name'"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_workbook_that_is_no_pack_any_more_is_refused_with_the_place(change, place, message):
    with pytest.raises(SourceInvalid) as caught:
        xlsform_import.read(edited(change))
    fault = caught.value.extras["faults"][0]
    assert fault["place"].startswith(place)
    assert message in fault["message"]


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK", b"code: x", b"\x00" * 100, zipped(a="b"), zipped(a=b"0" * 60_000_000)])
def test_what_is_no_workbook_is_refused(data):
    with pytest.raises(SourceInvalid) as caught:
        xlsform_import.read(data)
    assert caught.value.extras["faults"][0]["place"] == "workbook"


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 19_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_refused_or_read(at, noise):
    data = xlsform.write(DUST)
    damaged = data[:at] + noise + data[at + len(noise) :]
    try:
        found = xlsform_import.read(damaged)
    except SourceInvalid as error:
        found = error.extras["faults"]
    assert found
