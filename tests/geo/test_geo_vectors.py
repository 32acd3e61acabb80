"""The vectors that the app's own geography is held to are what `geo` answers today."""

from __future__ import annotations

from tests.geo import vectors


def test_the_vectors_of_the_field_app_are_what_geo_answers() -> None:
    assert vectors.TARGET.read_text(encoding="utf-8") == vectors.text()
