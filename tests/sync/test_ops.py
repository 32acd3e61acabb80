"""Reading ops: what cannot be placed in a chain is unreadable, what is no command is stored and rejected."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BatchInvalid, OpUnreadable
from sync.ops import read_body, read_envelope, read_instant, sha256_of
from sync.text import MAX_DEPTH, clean, unfit
from tests.sync.world import uid

GOOD: dict[str, Any] = {
    "id": uid(1),
    "stream": uid(2),
    "n": 1,
    "prev": None,
    "cmd": "finding.report",
    "v": 1,
    "row": uid(3),
    "base_rev": None,
    "args": {},
    "t": {"wall": "2026-11-22T12:00:00+08:00"},
}


def body(**more: Any) -> bytes:
    return json.dumps({**GOOD, **more}).encode()


def test_the_hash_covers_the_bytes_as_sent() -> None:
    spaced = json.dumps(GOOD, indent=3, sort_keys=True)
    assert read_envelope({"body": spaced, "sig": None}, 0).sha256 == sha256_of(spaced.encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'{"id": 1',
        b'{"n": NaN}',
        b"[" * 100_000,
        body(id="x"),
        body(id=uid(1).upper()),
        body(stream=None),
        body(n=0),
        body(n=True),
        body(n=1.0),
        body(n=2**53),
        body(prev="x"),
        body(prev=1),
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
    ],
)
def test_a_body_without_a_place_in_a_chain_is_unreadable_and_its_bytes_are_in_the_error(raw: bytes) -> None:
    with pytest.raises(OpUnreadable) as caught:
        read_body(raw, None, 7)
    assert caught.value.body == raw
    assert caught.value.extras == {"index": 7}


@pytest.mark.parametrize("envelope", [None, 1, "x", [], {}, {"body": 1}, {"body": None}, {"body": "{}", "sig": 1}])
def test_what_is_no_envelope_makes_the_batch_invalid(envelope: object) -> None:
    with pytest.raises(BatchInvalid):
        read_envelope(envelope, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cmd": None},
        {"cmd": ""},
        {"cmd": "a b"},
        {"cmd": "x" * 81},
        {"v": 0},
        {"v": "1"},
        {"row": "x"},
        {"base_rev": -1},
        {"base_rev": True},
        {"args": []},
        {"args": None},
        {"args": {"a": 10**30}},
        {"t": {}},
        {"t": {"wall": "2026-11-22"}},
        {"t": {"wall": "2026-11-22T12:00:00"}},
        {"was": {"stream": uid(1)}},
        {"group": {"id": uid(1), "i": 3, "of": 2}},
        {"group": {"id": uid(1), "i": -1, "of": 2}},
        {"group": {"id": uid(1), "i": 1, "of": 51}},
    ],
)
def test_a_readable_op_of_another_form_has_a_fault(wrong: dict[str, Any]) -> None:
    assert read_body(body(**wrong), None).fault is not None


def test_a_number_beyond_all_numbers_is_a_fault() -> None:
    raw = body(args={"a": 0}).replace(b'"a": 0', b'"a": 1e999')
    assert read_body(raw, None).fault is not None


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 400, 900])
def test_args_nested_too_deep_are_a_fault_and_no_crash(depth: int) -> None:
    """Guards the depth limit of text.unfit: orjson and `clean` give up on deep values."""
    raw = body(args={"a": 0}).replace(b'"a": 0', b'"a": ' + b"[" * depth + b"]" * depth)
    assert "deep" in str(read_body(raw, None).fault)


def test_a_faulty_op_still_belongs_to_its_group_and_to_what_it_reissues() -> None:
    was = {"stream": uid(5), "id": uid(6), "sha256": "0" * 64}
    op = read_body(body(args=None, group={"id": uid(1), "i": 1, "of": 2}, was=was), None)
    assert op.fault
    assert op.group
    assert op.was


def test_was_nested_beyond_all_measure_is_cut_and_no_fault() -> None:
    was: dict[str, Any] = {"stream": uid(5), "id": uid(6), "sha256": "0" * 64}
    for _ in range(100):
        was = {**was, "was": was}
    op = read_body(body(was=was), None)
    assert op.fault is None


def test_the_stored_bytes_stay_as_sent_and_the_text_is_cleaned() -> None:
    raw = json.dumps({**GOOD, "args": {"a\x00": ["b\x00\ud800", {"c": "\udfff"}]}})
    op = read_envelope({"body": raw, "sig": "\x00\ud800"}, 0)
    assert op.body == raw.encode()
    assert op.args == {"a\ufffd": ["b\ufffd\ufffd", {"c": "\ufffd"}]}
    assert op.sig == "\ufffd\ufffd"


def test_a_raw_lone_surrogate_in_a_body_is_kept_in_its_bytes() -> None:
    op = read_envelope({"body": json.dumps({**GOOD, "args": {"a": "X"}}).replace("X", "\ud800"), "sig": None}, 0)
    assert b"\xed\xa0\x80" in op.body
    assert op.args == {"a": "\ufffd"}
    assert read_body(op.body, None).sha256 == op.sha256


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_at_all_crash_the_reader(raw: bytes) -> None:
    with contextlib.suppress(OpUnreadable):
        read_body(raw, None)


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*sorted(GOOD), "was", "group"]), JSONISH))
def test_no_readable_object_crashes_the_reader(wrong: dict[str, Any]) -> None:
    try:
        op = read_body(json.dumps({**GOOD, **wrong}).encode("utf-8", "surrogatepass"), None)
    except OpUnreadable:
        return
    assert op.fault is not None or unfit(op.args) is None


@given(JSONISH)
def test_cleaned_values_are_clean(value: object) -> None:
    once = clean(value)
    text = json.dumps(once)
    assert "\\u0000" not in text.replace("\\\\", "")
    assert json.dumps(clean(once)) == text


@pytest.mark.parametrize(
    "text", ["2026-11-22T12:00:00Z", "2026-11-22T12:00:00.123456+08:00", "2035-01-01T00:00:00-11:00"]
)
def test_instants_have_an_offset(text: str) -> None:
    assert read_instant(text) is not None


@pytest.mark.parametrize("text", [None, 1, "", "now", "2026-11-22T12:00:00", "2026-13-22T12:00:00Z", "9" * 50])
def test_what_is_no_instant_is_none(text: object) -> None:
    assert read_instant(text) is None
