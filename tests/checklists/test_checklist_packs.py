"""What the shipped packs say: coverage, the sixes and the nine, modality, sources, limits."""

from datetime import date

import pytest

from checklists import authoring, library

ROWS = {f"D{n}" for n in (*range(1, 15), 23)} | {f"V{n}" for n in range(1, 14)} | {f"S{n}" for n in range(1, 9)}
COUNTIES = {
    "450202": "liuzhou", "450203": "liuzhou", "450204": "liuzhou", "450205": "liuzhou", "450206": "liujiang",
    "450222": "liuzhou", "450223": "liuzhou", "450224": "liuzhou", "450225": "liuzhou", "450226": "liuzhou",
    "450802": "guigang", "450803": "guigang", "450804": "guigang", "450821": "guigang", "450881": "guigang",
}  # fmt: skip
ENCOURAGED = {
    "dust.earthwork.wet-lz", "dust.video.joined", "dust.tech.auto-wash", "dust.tech.fog-cannon", "dust.tech.green-site",
    "voc.tank.breather-valve", "voc.tank.leak-test", "voc.tanker.quick-coupling", "voc.bypass.removed",
    "voc.wastewater.gas-lz", "voc.wastewater.closed-lz", "voc.ink.publication-lz", "voc.outdoor.low-paint",
    "voc.exemption.proof",
}  # fmt: skip
LIMITS = {
    "dust.lz6.hoarding": ("gte", 100, "%"),
    "dust.lj6.earthwork-wet": ("gte", 100, "%"),
    "dust.gg9.cover": ("gte", 100, "%"),
    "dust.exit.road-clean": ("gte", 50, "m"),
    "straw.handling.rate-2024": ("gte", 85, "%"),
    "straw.handling.rate-2025": ("gte", 90, "%"),
    "straw.satellite.change-2024": ("lte", -10, "%"),
    "voc.coating.ledger-years": ("gte", 3, "a"),
    "voc.rate.vehicle": ("gte", 90, "%"),
    "voc.rate.vehicle-parts": ("gte", 80, "%"),
    "voc.gb.5-2-1.treated-80": ("gte", 80, "%"),
    "voc.gb.5-2-2.treated-90": ("gte", 90, "%"),
    "voc.gb.5-2-3.repair-days": ("lte", 90, "d"),
    "voc.gb.6-2.outlet-height": ("lt", 200, "mm"),
    "voc.gb.6-2.treated-80": ("gte", 80, "%"),
    "voc.gb.7-3-1.ledger-years": ("gte", 3, "a"),
    "voc.gb.10-2-2.hood-speed": ("gte", 0.3, "m/s"),
    "voc.gb.10-2-3.duct-leak": ("lte", 500, "μmol/mol"),
}


def ends(pack, group):
    return {item.code.rsplit(".", 1)[1] for item in pack.items if f".{group}." in item.code}


def test_every_row_of_the_issue_has_an_item(items):
    assert {row for item in items for row in item.rows} == ROWS


def test_the_named_clauses_of_the_standard_have_items(items):
    clauses = {s.clause for item in items for s in item.sources if s.id == "gb-37822-2019"}
    assert {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2.1", "5.2.2", "5.2.3", "6.1", "6.2"} <= clauses
    assert {"7.2.2", "7.3.1", "7.3.3", "7.3.4", "10.2.2", "10.2.3"} <= clauses


def test_the_two_sixes_differ_and_both_exist(packs):
    liuzhou, liujiang = ends(packs["dust-liuzhou"], "lz6"), ends(packs["dust-liujiang"], "lj6")
    assert len(liuzhou) == len(liujiang) == 6
    assert liuzhou - liujiang == {"ground-hardening", "demolition-wet"}
    assert liujiang - liuzhou == {"road-hardening", "earthwork-wet"}


def test_liujiang_has_its_own_six_and_the_city_duties(packs):
    codes = set(packs["dust-liujiang"].by_code)
    assert not {code for code in codes if ".lz6." in code}
    assert {code for code in packs["dust-liuzhou"].by_code if ".lz6." not in code} < codes


def test_six_of_the_nine_are_the_plans_and_three_the_notices(packs):
    nine = [item for item in packs["dust-guigang"].items if item.rows == ("D3",)]
    named = {item.code for item in nine if "guigang-2023" in {s.id for s in item.sources}}
    only = {item.code for item in nine if {s.id for s in item.sources} == {"guigang-nine-2018"}}
    assert (len(nine), len(named)) == (9, 6)
    assert only == {"dust.gg9.plan", "dust.gg9.no-burning", "dust.gg9.video"}
    assert all(s.confidence == "medium" for item in nine if item.code in only for s in item.sources)
    assert all(item.note for item in nine)


def test_each_of_the_nine_cites_its_own_number(packs):
    numbers = [s.clause for i in packs["dust-guigang"].items for s in i.sources if s.id == "guigang-nine-2018"]
    assert sorted(numbers) == [str(n) for n in range(1, 10)]


def test_exactly_these_items_are_only_encouraged(items):
    assert {item.code for item in items if item.modality == "encouraged"} == ENCOURAGED


def test_wastewater_gas_and_ink_are_duties_in_liujiang_only(packs):
    for duty in ("voc.wastewater.gas", "voc.wastewater.closed", "voc.ink.publication"):
        assert packs["voc-liuzhou"].by_code[f"{duty}-lz"].modality == "encouraged"
        assert packs["voc-liujiang"].by_code[f"{duty}-lj"].modality == "must"
        assert f"{duty}-lz" not in packs["voc-liujiang"].by_code


def test_every_cited_clause_exists_in_its_document(items):
    documents = authoring.read_registry()["documents"]
    cited = [(s.id, s.clause) for i in items for s in (*i.sources, *(s for e in i.exemptions for s in e.sources))]
    cited += [(basis.id, basis.article) for item in items for basis in item.legal_basis]
    assert [each for each in cited if each[1] not in documents[each[0]]["clauses"]] == []


def test_the_clause_tables_have_the_length_of_the_plans():
    documents = authoring.read_registry()["documents"]
    lengths = {key: len(documents[key]["clauses"]) for key in documents if documents[key]["kind"] == "plan"}
    assert lengths.pop("liuzhou-145") >= 3
    assert lengths == {"liuzhou-2024": 27, "liujiang-2024": 21, "liuzhou-attainment-2018": 9, "guigang-2023": 24}


def test_no_pack_cites_another_areas_document(packs):
    areas = {key: each["area"] for key, each in authoring.read_registry()["documents"].items()}
    for pack in packs.values():
        for item in pack.items:
            for source in item.sources:
                assert all(code.startswith(areas[source.id]) for code in pack.area.include), item.code


@pytest.mark.parametrize("code", LIMITS)
def test_a_limit_is_the_one_in_its_source(code, items):
    found = {(i.answer.threshold.op, i.answer.threshold.value, i.answer.unit) for i in items if i.code == code}
    assert found == {LIMITS[code]}


def test_every_limit_below_a_full_rate_is_pinned_here(items):
    partial = {i.code for i in items if i.answer.threshold and i.answer.threshold.value != 100}
    assert partial <= set(LIMITS)


def test_the_exit_rule_wants_photos_at_the_gate_and_50_m_each_way(liujiang):
    photo = next(each for each in liujiang.by_code["dust.exit.road-clean"].evidence if each.kind == "photo")
    assert (photo.count, photo.offsets_m) == (3, (-50, 0, 50))


def test_films_last_at_most_a_minute(items):
    assert {each.max_seconds for item in items for each in item.evidence if each.kind == "film"} == {60}


def test_only_deadlines_that_a_source_gives_are_not_settings(items):
    given = {i.code for i in items if i.rectification and i.rectification.deadline.basis == "source"}
    assert given == {"voc.gb.5-2-3.repair-days"}


def test_lapsed_office_papers_are_archived_with_a_reason(items):
    archived = {item.code: item.archived.zh for item in items if item.archived}
    assert set(archived) == {"dust.plate.scheme", "voc.weak-unit.list-gg", "voc.material.plan-gg"}
    assert all("已过" in reason for reason in archived.values())


def test_no_exemption_reaches_the_polymer_clause(packs):
    for code in ("voc-liuzhou", "voc-liujiang", "voc-guigang"):
        assert packs[code].by_code["voc.gb.7-2-2.polymer"].exemptions == ()


def test_the_fourth_grid_level_is_the_hamlet_in_liujiang_and_the_village_elsewhere(packs):
    assert "屯" in packs["straw-liujiang"].by_code["straw.grid.lj-four-levels"].text.zh
    assert "屯" not in packs["straw-liuzhou"].by_code["straw.grid.lz-four-levels"].text.zh


@pytest.mark.parametrize(("unit", "place"), COUNTIES.items())
def test_each_county_is_offered_one_pack_a_topic(unit, place):
    found = [each.pack.code for each in library.offered(unit, date(2026, 11, 22))]
    assert found == [f"dust-{place}", f"straw-{place}", f"voc-{place}"]


def test_chinese_is_chinese_and_english_is_not(items):
    def is_chinese(text):
        return any("\u4e00" <= char <= "\u9fff" for char in text)

    texts = [text for item in items for text in (item.text, *item.phrases, *filter(None, (item.note, item.archived)))]
    assert [text for text in texts if not is_chinese(text.zh) or is_chinese(text.en)] == []
