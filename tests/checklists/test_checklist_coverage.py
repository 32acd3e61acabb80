"""Every duty of the plans became items, or says why not; nothing is cited that does not exist."""

import dataclasses

import pytest

from checklists import authoring, coverage, library

DUTIES = dict(zip("DSVINLG", (29, 10, 19, 14, 7, 5, 3), strict=True))
NAMED = {f"{letter}{n}" for letter, count in DUTIES.items() for n in range(1, count + 1)}
NAMED |= {f"X1{part}" for part in "abcdefgh"}


@pytest.fixture(scope="module")
def registry():
    return authoring.read_registry()


@pytest.fixture(scope="module")
def rows(registry):
    return coverage.read_rows(registry)


@pytest.fixture(scope="module")
def book():
    return coverage.newest(library.shipped())


def without(pack, *codes):
    return dataclasses.replace(pack, items=tuple(item for item in pack.items if item.code not in codes))


def test_every_row_of_the_domain_is_in_the_book(rows):
    assert {row.id for row in rows} >= NAMED


def test_the_book_holds_together(rows, book, registry):
    assert list(coverage.faults(rows, book, registry)) == []


def test_only_these_rows_make_no_item_and_they_say_why(rows):
    others = {row.id: row.disposition for row in rows if row.disposition != "items"}
    assert others == {"G3": "sites", "T1": "desk", "T2": "desk", "T3": "desk"}


def test_a_row_that_no_item_cites_is_missed(rows, book, registry):
    poorer = [without(pack, "ind.desox.stable", "ind.desox.nox") for pack in book]
    assert [fault for fault in coverage.faults(rows, poorer, registry) if fault.startswith("I14: no item cites it")]


def test_a_plan_of_a_row_that_no_item_stands_on_is_missed(rows, book, registry):
    poorer = [pack for pack in book if pack.code != "mobile-guigang"]
    assert "N3: no item of it stands on guigang-2023" in list(coverage.faults(rows, poorer, registry))


def test_an_item_that_cites_an_unknown_row_is_named(rows, book, registry):
    fewer = [row for row in rows if row.id != "D10"]
    assert "dust.exit.road-clean cites the unknown row D10" in list(coverage.faults(fewer, book, registry))


def test_a_clause_that_its_document_does_not_have_is_named(rows, book, registry):
    cut = {**registry["documents"]["guigang-2023"], "clauses": []}
    poorer = {**registry, "documents": {**registry["documents"], "guigang-2023": cut}}
    found = list(coverage.faults(rows, book, poorer))
    assert "D10: guigang-2023 has no clause '（四）2'" in found
    assert "dust.exit.road-clean: guigang-2023 has no clause '（四）2'" in found


def test_an_encouraged_row_may_not_become_a_duty(rows, book, registry):
    milder = [dataclasses.replace(row, modality="encouraged") if row.id == "D5" else row for row in rows]
    assert "D5: is only encouraged, but an item is a must" in list(coverage.faults(milder, book, registry))


def test_the_named_clauses_of_the_standard_have_items(book):
    cited = {s.clause for pack in book for item in pack.items for s in item.sources if s.id == "gb-37822-2019"}
    assert cited >= {
        "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2.1", "5.2.2", "5.2.3", "6.1", "6.2", "7.1", "7.2.1", "7.2.2", "7.3.1",
        "7.3.3", "7.3.4", "8.1", "8.2", "8.3", "8.4", "8.5", "9.1", "9.3", "10.1.2", "10.2.2", "10.2.3", "10.3.2",
        "10.3.4", "10.4", "13.4", "A.1",
    }  # fmt: skip


def test_what_nobody_has_read_is_shown_beside_its_row(rows, book):
    unverified = {each.row.id: each.unverified for each in coverage.report(rows, book)}
    assert unverified["D1"] == ("mohurd-2019-23 六个百分百 (known)",)
    assert "guigang-nine-2018 9 (medium)" in unverified["D3"]
    assert unverified["D10"] == ()


def test_the_table_has_a_line_for_each_row(rows, book):
    printed = coverage.table(coverage.report(rows, book)).splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in printed[2:]] == [row.id for row in rows]


def test_an_item_whose_documents_bind_none_of_its_packs_is_refused(registry):
    topic = {
        "topic": "dust",
        "packs": [
            {"code": "a", "version": "2026.1", "include": ["4508"], "valid_from": "2026-01-01", "zh": "a", "en": "a"}
        ],
        "sections": [{"packs": ["a"], "items": [ITEM]}],
    }
    with pytest.raises(authoring.PackInvalid, match=r"dust\.a: none of its documents binds"):
        list(authoring.resolve(topic, registry, "test.yaml"))


ITEM = {
    "code": "dust.a", "rows": ["D1"], "zh": "一", "en": "One", "src": ["liuzhou-2024 （十四）"], "kinds": [],
    "answer": "pass_fail",
    "phrases": [["一", "One"]], "evidence": [], "severity": "minor", "fix": ["immediate", 1, "days"], "leads": [],
}  # fmt: skip
