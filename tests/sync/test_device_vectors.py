"""The vectors that other clients are held to are what this code computes."""

from __future__ import annotations

from tests.sync import device_vectors


def test_the_vectors_are_those_of_the_reference_client() -> None:
    assert device_vectors.FILE.read_text(encoding="utf-8") == device_vectors.text()


def test_they_hold_a_receipt_of_every_verdict() -> None:
    verdicts = {case["verdict"] for case in device_vectors.vectors()["receipts"]["cases"]}
    assert verdicts == {"verified", "none", "unknown-key", "invalid"}
