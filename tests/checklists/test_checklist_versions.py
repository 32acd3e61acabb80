"""Canonical form, hashes, immutability of what is published, and finding versions again."""

import json
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists import authoring, library, versions
from checklists.errors import PackChanged, PackInvalid, PackNotFound
from checklists.publish import publish

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=10,
)


@pytest.fixture
def pack_data() -> dict:
    return json.loads(library.get("straw-guigang", "2023.1").data)


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "published", tmp_path / "lock.yaml"


@given(st.dictionaries(st.sampled_from("xyz"), values))
def test_canonical_bytes_read_back_to_the_same_bytes(data):
    once = versions.canonical(data)
    assert versions.canonical(json.loads(once)) == once


@given(st.dictionaries(st.text("abcdef", max_size=3), st.integers()))
def test_the_order_of_keys_does_not_matter(data):
    assert versions.canonical(data) == versions.canonical(dict(reversed(data.items())))


def test_the_canonical_form_is_compact_sorted_nfc_utf_8():
    decomposed = unicodedata.normalize("NFD", "é")
    assert versions.canonical({"b": 100.0, "a": [decomposed, 0.3, "围挡"]}) == '{"a":["é",0.3,"围挡"],"b":100}'.encode()


def test_a_known_hash():
    assert versions.content_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1, 2}])
def test_what_json_cannot_carry_has_no_canonical_form(value):
    with pytest.raises(PackInvalid):
        versions.canonical({"a": value})


def test_the_topic_files_still_give_what_was_published():
    shipped = library.shipped()
    changed = []
    for data in authoring.packs():
        each = shipped.get((data["code"], data["version"]))
        if data["status"] == "published" and (each is None or each.data != versions.canonical(data)):
            changed.append(versions.pin(data["code"], data["version"]))
    assert changed == [], "raise the version and run python -m checklists.publish"


def test_the_files_on_disk_are_the_canonical_bytes():
    for each in library.shipped().values():
        path = library.PUBLISHED / f"{versions.pin(each.pack.code, each.pack.version)}.json"
        assert path.read_bytes() == each.data


def test_a_published_pack_that_changed_is_refused(shelf, pack_data):
    publish([pack_data], *shelf)
    pack_data["items"][0]["phrases"][0]["zh"] += "！"
    (shelf[0] / "straw-guigang@2023.1.json").write_bytes(versions.canonical(pack_data))
    with pytest.raises(PackChanged):
        library.load(*shelf)


def test_a_file_that_was_never_locked_is_refused(shelf, pack_data):
    publish([pack_data], *shelf)
    (shelf[0] / "straw-guigang@2023.2.json").write_bytes(versions.canonical({**pack_data, "version": "2023.2"}))
    with pytest.raises(PackChanged):
        library.load(*shelf)


def test_a_locked_pack_that_is_gone_is_missed(shelf, pack_data):
    publish([pack_data], *shelf)
    (shelf[0] / "straw-guigang@2023.1.json").unlink()
    with pytest.raises(PackNotFound):
        library.load(*shelf)


def test_publishing_again_writes_nothing_and_never_rewrites(shelf, pack_data):
    assert publish([pack_data], *shelf) == ["straw-guigang@2023.1"]
    assert publish([pack_data], *shelf) == []
    pack_data["title"]["en"] = "Another title"
    with pytest.raises(PackChanged):
        publish([pack_data], *shelf)


def test_a_draft_is_not_published(shelf, pack_data):
    assert publish([{**pack_data, "status": "draft"}], *shelf) == []


def test_the_newest_version_is_offered_and_the_old_one_still_read(shelf, pack_data):
    later = [{**pack_data, "version": version} for version in ("2023.9", "2023.10")]
    publish([pack_data, *later], *shelf)
    packs = library.load(*shelf)
    assert [each.pack.version for each in library.offered("450802", date(2026, 11, 22), packs=packs)] == ["2023.10"]
    assert library.get("straw-guigang", "2023.1", packs).pack.version == "2023.1"


def test_a_retired_version_is_read_but_not_offered(shelf, pack_data):
    publish([pack_data], *shelf)
    shelf[1].write_text(shelf[1].read_text("utf-8") + "  retired_on: 2025-01-01\n", "utf-8")
    packs = library.load(*shelf)
    assert library.offered("450802", date(2024, 12, 31), packs=packs)
    assert not library.offered("450802", date(2025, 1, 1), packs=packs)
    assert library.get("straw-guigang", "2023.1", packs).retired_on == date(2025, 1, 1)


def test_an_unknown_version_has_a_stable_code():
    with pytest.raises(PackNotFound) as caught:
        library.get("dust-liujiang", "1999.1")
    assert caught.value.code == "unknown-checklist-version"


def test_an_area_is_offered_only_what_surely_covers_it():
    assert library.offered("4502", date(2026, 1, 1), "dust") == []
    assert library.offered("110101", date(2026, 1, 1)) == []
    assert [e.pack.code for e in library.offered("450206101", date(2025, 12, 31), "dust")] == ["dust-liujiang"]
    assert library.offered("450206", date(2023, 12, 31)) == []
