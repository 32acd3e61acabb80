"""Words and columns: both languages say the same things, and every code of the house has a word."""

from __future__ import annotations

import pytest

from backend import catalogue
from backend.exports.cell_text import lines, looks_like_formula, safe
from backend.exports.columns import Column, columns_of
from backend.models import Finding
from checklists import library


def test_both_languages_have_the_same_codes():
    chinese, english = (catalogue.words(language) for language in catalogue.LANGUAGES)
    assert {group: list(words) for group, words in chinese.items()} == {
        group: list(words) for group, words in english.items()
    }
    assert all(
        isinstance(word, str) and word
        for words in (chinese, english)
        for group in words.values()
        for word in group.values()
    )


def test_what_the_shipped_checklists_name_has_a_word():
    for published in library.shipped().values():
        pack = published.pack
        assert pack.topic in catalogue.codes("topic")
        assert set(pack.tables.get("site_kinds", {})) <= set(catalogue.codes("site_kind"))
        for item in pack.items:
            assert item.severity is None or item.severity in catalogue.codes("severity")
            assert item.rectification is None or item.rectification.kind in catalogue.codes("rectification_kind")


def test_a_code_without_a_word_is_shown_as_itself():
    assert catalogue.label("zh-CN", "flag", "never-heard-of") == "never-heard-of"
    assert catalogue.label("zh-CN", "flag", None) == ""


def test_every_column_has_two_headings_and_a_source():
    columns = columns_of("rectification_list")
    assert len(columns) >= 25
    for column in columns:
        first, _, rest = column.source.partition(".")
        assert first != "finding" or hasattr(Finding, rest), column.key
        assert column.group is None or catalogue.codes(column.group)


def test_a_column_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError):
        Column("x", "x", "x", 1, "hologram", "n")
    with pytest.raises(ValueError):
        Column("x", "x", "x", 1, "label", "n")


def test_cell_text_is_harmless_and_says_where_it_was_cut():
    assert safe("a\x00b", "…") == "a\ufffdb"
    assert safe("x" * 40_000, "…CUT").endswith("x…CUT")
    assert len(safe("x" * 40_000, "…CUT")) == 32_767
    assert looks_like_formula("=1")
    assert not looks_like_formula("1=1")


def test_chinese_takes_two_places_of_a_line():
    assert lines("一二三四五", 10) == 1
    assert lines("一二三四五六", 10) == 2
    assert lines("a\nb\n\nc", 10) == 4
