"""What the shipped packs say: the sixes and the nine, modality, sources, deadlines, who is offered what."""

from datetime import date

import pytest

from checklists import authoring, library

COUNTIES = {
    "450202": "liuzhou", "450203": "liuzhou", "450204": "liuzhou", "450205": "liuzhou", "450206": "liujiang",
    "450222": "liuzhou", "450223": "liuzhou", "450224": "liuzhou", "450225": "liuzhou", "450226": "liuzhou",
    "450802": "guigang", "450803": "guigang", "450804": "guigang", "450821": "guigang", "450881": "guigang",
}  # fmt: skip
ENCOURAGED = {
    "dust.earthwork.wet-lz", "dust.video.joined", "dust.tech.auto-wash", "dust.tech.fog-cannon", "dust.tech.green-site",
    "voc.tank.breather-valve", "voc.tank.leak-test", "voc.tanker.quick-coupling", "voc.bypass.removed",
    "voc.wastewater.gas-lz", "voc.wastewater.closed-lz", "voc.ink.publication-lz", "voc.outdoor.low-paint",
    "voc.exemption.proof", "ground.dustfall.monitored", "ind.cement.small", "ind.coal-boiler.phase-20",
    "ind.coal-boiler.phase-35", "ind.gasifier.phase-out", "ind.manure.store-closed", "ind.manure.transport-closed",
    "ind.monitor.proxy-lz", "ind.ultra-low.boiler-65", "ind.ultra-low.cement-lj", "life.fumes.third-party-lj",
    "mob.machine.stage-one", "mob.new.electric-share", "mob.truck.china-three", "voc.dry-clean.closed",
    "straw.use.off-field-gg", "voc.gb.a-1.any", "voc.gb.a-1.hour", "voc.season.avoid-summer",
}  # fmt: skip


def ends(pack, group):
    return {item.code.rsplit(".", 1)[1] for item in pack.items if f".{group}." in item.code}


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


def test_the_clause_tables_have_the_length_of_the_plans():
    """Two of them have one entry more: an annex, and the table of works."""
    documents = authoring.read_registry()["documents"]
    lengths = {key: len(documents[key]["clauses"]) for key in documents if documents[key]["kind"] == "plan"}
    assert lengths.pop("liuzhou-145") >= 3
    assert lengths == {"liuzhou-2024": 27, "liujiang-2024": 22, "liuzhou-attainment-2018": 10, "guigang-2023": 24}


def test_no_pack_cites_another_areas_document(packs):
    areas = {key: each["area"] for key, each in authoring.read_registry()["documents"].items()}
    for pack in packs.values():
        for item in pack.items:
            for source in item.sources:
                assert all(code.startswith(areas[source.id]) for code in pack.area.include), item.code


def test_the_exit_rule_wants_photos_at_the_gate_and_50_m_each_way(liujiang):
    photo = next(each for each in liujiang.by_code["dust.exit.road-clean"].evidence if each.kind == "photo")
    assert (photo.count, photo.offsets_m) == (3, (-50, 0, 50))


def test_films_last_at_most_a_minute(items):
    assert {each.max_seconds for item in items for each in item.evidence if each.kind == "film"} == {60}


def test_only_deadlines_that_a_source_gives_are_not_settings(items):
    given = {i.code for i in items if i.rectification and i.rectification.deadline.basis == "source"}
    assert given == {"voc.gb.5-2-3.repair-days", "voc.gb.8-2.leak-gas", "voc.gb.8-2.leak-other"}


def test_lapsed_office_papers_are_archived_with_a_reason(items):
    archived = {item.code: item.archived.zh for item in items if item.archived}
    assert set(archived) == {
        "dust.plate.scheme", "voc.weak-unit.list-gg", "voc.material.plan-gg", "ind.cement.plan-gg",
        "straw.handling.rate-2024", "straw.satellite.change-2024",
    }  # fmt: skip
    assert all("已过" in reason for reason in archived.values())


def test_no_exemption_reaches_the_polymer_clause(packs):
    for code in ("voc-liuzhou", "voc-liujiang", "voc-guigang"):
        assert packs[code].by_code["voc.gb.7-2-2.polymer"].exemptions == ()


def test_the_fourth_grid_level_is_the_hamlet_in_liujiang_and_the_village_elsewhere(packs):
    assert "屯" in packs["straw-liujiang"].by_code["straw.grid.lj-four-levels"].text.zh
    assert "屯" not in packs["straw-liuzhou"].by_code["straw.grid.lz-four-levels"].text.zh


@pytest.mark.parametrize(("unit", "place"), COUNTIES.items())
def test_each_county_is_offered_one_pack_a_subject(unit, place):
    found = [each.pack.code for each in library.offered(unit, date(2026, 11, 22))]
    subjects = ["dust", "ground", "industry", "living", "management", "mobile", "oil", "straw", "voc", "voc-control"]
    everywhere = {f"{subject}-{place}" for subject in subjects}
    assert set(found) - everywhere == (
        set() if place == "guigang" else {"noise-liuzhou", "water-liuzhou", "waste-liuzhou"}
    )
    assert everywhere <= set(found)


def test_the_two_limits_of_sulphur_stand_side_by_side(packs):
    one, other = (packs["industry-liuzhou"].by_code[f"ind.sulphur.coal-{end}"] for end in ("boilers", "industry"))
    assert (one.answer.threshold.value, other.answer.threshold.value) == (0.6, 1.5)
    assert one.sources[0].clause != other.sources[0].clause
    assert one.note == other.note is not None


def test_a_year_bound_duty_of_boilers_asks_for_the_year(packs):
    sizes = {
        code: packs["industry-liuzhou"].by_code[f"ind.coal-boiler.{code}"].applies
        for code in ("new-2018", "new-2018-county", "new-145")
    }
    assert all("boiler_year" in str(applies.when) for applies in sizes.values())
    assert sizes["new-2018-county"].area.include == sizes["new-2018"].area.exclude


def test_chinese_is_chinese_and_english_is_not(items):
    def is_chinese(text):
        return any("\u4e00" <= char <= "\u9fff" for char in text)

    texts = [text for item in items for text in (item.text, *item.phrases, *filter(None, (item.note, item.archived)))]
    assert [text for text in texts if not is_chinese(text.zh) or is_chinese(text.en)] == []
