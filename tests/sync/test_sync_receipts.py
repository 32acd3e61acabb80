"""Receipts: whoever has the server's public key can tell a true one from any other, offline."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync import receipts
from sync.canonical import canonical, fingerprint
from sync.device_ports import MemoryStorage
from sync.receipt_check import INVALID, NONE, UNKNOWN_KEY, VERIFIED, ReceiptCheck
from sync.receipts import LogPosition, Receipt, ReceiptInvalid, ReceiptKeyUnknown, SigningKey

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
KEYS = {KEY.kid: KEY.jwk}
RECEIPT = Receipt(
    op="0199a000-0000-7000-8000-000000000001",
    stream="0199a000-0000-7000-8000-000000000002",
    n=41,
    sha256="ab" * 32,
    status="applied",
    seq=9001,
    epoch="e1",
    received_at="2026-11-22T10:00:00.000000+00:00",
    log=LogPosition(17, "cd" * 32),
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_receipt_reads_as_what_was_signed() -> None:
    assert receipts.verify(receipts.sign(KEY, RECEIPT), KEYS) == RECEIPT
    older_than_the_log = replace(RECEIPT, log=None)
    assert receipts.verify(receipts.sign(KEY, older_than_the_log), KEYS) == older_than_the_log


def test_the_same_receipt_is_the_same_text() -> None:
    assert receipts.sign(KEY, RECEIPT) == receipts.sign(KEY, RECEIPT)


@given(st.data())
def test_a_receipt_changed_in_any_character_is_refused(data: st.DataObject) -> None:
    compact = receipts.sign(KEY, RECEIPT)
    at = data.draw(st.integers(0, len(compact) - 1))
    other = data.draw(st.sampled_from("ABCXYZabcxyz0189-_.=é").filter(lambda one: one != compact[at]))
    with pytest.raises((ReceiptInvalid, ReceiptKeyUnknown)):
        receipts.verify(compact[:at] + other + compact[at + 1 :], KEYS)


@given(st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_no_other_text_is_a_receipt(text: str) -> None:
    with pytest.raises((ReceiptInvalid, ReceiptKeyUnknown)):
        receipts.verify(text, KEYS)


def test_a_key_that_is_not_at_hand_is_told_from_a_wrong_signature() -> None:
    with pytest.raises(ReceiptKeyUnknown):
        receipts.verify(receipts.sign(OTHER, RECEIPT), KEYS)
    with pytest.raises(ReceiptInvalid, match="not the one that its name says"):
        receipts.verify(receipts.sign(OTHER, RECEIPT), {OTHER.kid: KEY.jwk})


def test_a_root_cannot_pass_as_a_receipt() -> None:
    with pytest.raises(ReceiptInvalid):
        receipts.verify(KEY.seal(receipts.ROOT, {"day": "2026-11-22"}), KEYS)
    with pytest.raises(ReceiptInvalid):
        receipts.verify(KEY.seal(receipts.RECEIPT, {"day": "2026-11-22"}), KEYS)


def test_a_header_without_a_real_algorithm_is_refused() -> None:
    payload, signature = receipts.sign(KEY, RECEIPT).split(".")[1:]
    for alg in ("none", "HS256"):
        header = b64(json.dumps({"alg": alg, "kid": KEY.kid, "typ": receipts.RECEIPT}).encode())
        for end in (signature, ""):
            with pytest.raises(ReceiptInvalid):
                receipts.verify(f"{header}.{payload}.{end}", KEYS)


def test_the_public_key_is_named_by_its_rfc_7638_thumbprint() -> None:
    assert KEY.jwk["kid"] == receipts.thumbprint({"x": KEY.jwk["x"], "kty": "OKP", "crv": "Ed25519", "use": "any"})
    # RFC 8037, appendix A.3
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert receipts.thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert "d" not in KEY.jwk


@pytest.mark.parametrize("broken", [{}, {"kty": "EC"}, {**KEY.jwk, "d": "x"}, {**KEY.jwk, "x": "short"}])
def test_what_is_no_public_key_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(ReceiptInvalid):
        receipts.read_key(broken)


# the device's side ---------------------------------------------------------------------------------------------
def test_a_device_flags_a_receipt_that_is_not_of_its_op() -> None:
    check = ReceiptCheck(storage := MemoryStorage())
    record = {"id": RECEIPT.op, "stream": RECEIPT.stream, "n": RECEIPT.n, "sha256": RECEIPT.sha256}
    result = {"status": "applied", "seq": 9001, "receipt": receipts.sign(KEY, RECEIPT)}
    assert check.verdict(record, result) == UNKNOWN_KEY
    storage.write(check.learning([KEY.jwk, "no key", {"x": 1}]))
    assert check.verdict(record, result) == VERIFIED
    assert check.verdict({**record, "sha256": "ef" * 32}, result) == INVALID
    assert check.verdict(record, {**result, "status": "rejected"}) == INVALID
    assert check.verdict(record, {**result, "receipt": "x"}) == INVALID
    assert check.verdict(record, {**result, "receipt": None}) == NONE


def test_a_device_keeps_the_keys_that_it_learned_before() -> None:
    check = ReceiptCheck(storage := MemoryStorage())
    storage.write(check.learning([KEY.jwk]))
    storage.write(check.learning([OTHER.jwk]))
    assert set(ReceiptCheck(storage).keys()) == {KEY.kid, OTHER.kid}


# canonical JSON --------------------------------------------------------------------------------------------------
def test_canonical_json_does_not_depend_on_order_spaces_or_how_a_number_is_kept() -> None:
    assert canonical({"b": [1.0, 0.5, True], "a": "绿网"}) == '{"a":"绿网","b":[1,0.5,true]}'.encode()
    assert fingerprint({"a": 1e20}) == fingerprint({"a": 10**20})
    with pytest.raises(ValueError):
        canonical(float("nan"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_canonical_json_survives_being_read_again(value: object) -> None:
    text = canonical(value)
    assert canonical(json.loads(text.decode("utf-8", "surrogatepass"))) == text
