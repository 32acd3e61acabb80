"""Signatures cover the bytes of the body."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import batch as batches
from sync import signing
from sync.errors import SignatureInvalid
from tests.sync.world import NOON, Chain

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def signed(chain: Chain, key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, object]:
    envelope = chain.op("row.put", "a")
    return {**envelope, "sig": signing.sign(key, envelope["body"].encode())}


def read(*envelopes: object) -> batches.Batch:
    return batches.read_batch(Chain().stream, envelopes, NOON, 0.0, KEY.public_key())


def test_a_key_survives_its_jwk() -> None:
    jwk = signing.jwk_of(KEY.public_key())
    assert signing.read_key(jwk).public_numbers() == KEY.public_key().public_numbers()


@settings(max_examples=20)
@given(st.binary())
def test_what_is_signed_verifies_and_nothing_else_does(body: bytes) -> None:
    sig = signing.sign(KEY, body)
    assert signing.verifies(KEY.public_key(), body, sig)
    assert not signing.verifies(KEY.public_key(), body + b" ", sig)
    assert not signing.verifies(OTHER.public_key(), body, sig)


def test_one_wrong_signature_refuses_the_whole_batch() -> None:
    chain = Chain()
    good, bad = signed(chain), signed(chain, OTHER)
    assert len(read(good).ops) == 1
    with pytest.raises(SignatureInvalid) as caught:
        read(good, bad)
    assert caught.value.extras == {"index": 1}


@pytest.mark.parametrize("sig", [None, "", "AAAA", "!" * 86, "A" * 86, "\x00\ud800"])
def test_a_missing_or_malformed_signature_is_invalid(sig: object) -> None:
    with pytest.raises(SignatureInvalid):
        read({**Chain().op("row.put", "a"), "sig": sig})


def test_a_stream_without_a_key_asks_for_no_signature() -> None:
    assert batches.read_batch(Chain().stream, [Chain().op("row.put", "a")], NOON, None, None).ops


@pytest.mark.parametrize(
    "wrong",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"d": "AAAA"},
        {"x": None},
        {"x": "AAAA"},
        {"y": "A" * 43},
        {"x": "\ud800"},
    ],
)
def test_what_is_no_public_point_is_no_key(wrong: dict[str, object]) -> None:
    with pytest.raises(signing.SignatureKeyInvalid):
        signing.read_key({**signing.jwk_of(KEY.public_key()), **wrong})
