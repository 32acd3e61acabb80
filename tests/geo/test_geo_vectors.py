"""The vectors that the app's own geography is held to are what `geo` answers today."""

from __future__ import annotations

from tests.geo import vectors, zone_vectors


def test_the_vectors_of_the_field_app_are_what_geo_answers() -> None:
    assert vectors.TARGET.read_text(encoding="utf-8") == vectors.text()


def test_the_zone_vectors_of_the_field_app_are_what_the_rules_answer() -> None:
    assert zone_vectors.TARGET.read_text(encoding="utf-8") == zone_vectors.text()
