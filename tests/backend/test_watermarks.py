"""Copies of photos that say when, where, by whom: in Chinese on a machine without fonts, the originals untouched."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from backend import catalogue, fonts, watermarking
from backend.extensions import db
from backend.services import accounts, watermarks
from tests.backend.test_photo_flags import record
from tests.pictures import jpeg, scene
from tests.stories import Phone, Server

DATA = Path(__file__).resolve().parents[2] / "geo" / "data"


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def lines(server: Server, sha256: str, finding: str | None = None, language: str = "zh-CN") -> tuple[str, ...]:
    with server.app.app_context():
        session = db.session()
        actor = accounts.actor_of(accounts.by_name(session, "wei"))
        found = watermarks.of(session, actor, sha256, finding, language).lines
        db.session.remove()
        return found


def has_glyph(character: str) -> bool:
    """Whether it is drawn as something else than the box that stands for what a font does not have."""
    font = fonts.chinese(40)
    box = bytes(font.getmask("\U0010fffe"))
    return character.isspace() or bytes(font.getmask(character)) != box


def test_a_copy_says_time_place_cell_inspector_and_number(server: Server, phone: Phone) -> None:
    finding, sha256 = record(phone, jpeg(scene(1)))
    phone.sync()
    number = server.finding(finding).number  # type: ignore[union-attr]
    said = lines(server, sha256)
    assert said[0] == "时间  2026-11-22 18:00:00 北京时间"
    assert said[1] == "地点  109.330000, 24.255000 (CGCS2000) ±8 m"
    assert said[2].startswith("网格  ")
    assert "柳州市柳江区" in said[2]
    assert said[3:] == ("检查人  wei", f"编号  {number}", f"原图 SHA-256  {sha256[:32]}…")
    assert lines(server, sha256, language="en")[4] == f"Number  {number}"


def test_the_copy_is_the_picture_with_a_strip_and_the_original_stays_as_it_was(
    server: Server, phone: Phone, client: FlaskClient
) -> None:
    data = jpeg(scene(1))
    finding, sha256 = record(phone, data)
    phone.sync()
    chief = server.token("luo", "supervisor")
    answer = client.get(f"/api/v1/photos/{sha256}/watermarked?finding={finding}&size=800", headers=chief)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    copy, original = (np.asarray(opened(each).convert("L"), float) for each in (answer.data, data))
    assert copy.shape == original.shape == (600, 800)
    off = np.abs(copy - original).mean(1)
    assert off[:380].max() < 8  # above the strip nothing but the second JPEG
    assert off[-20:].min() > 20
    assert client.get(f"/api/v1/blobs/{sha256}", headers=chief).data == data
    again = client.get(
        f"/api/v1/photos/{sha256}/watermarked?finding={finding}&size=800",
        headers={**chief, "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


def test_a_photo_of_two_findings_says_the_number_that_was_asked_for(server: Server, phone: Phone) -> None:
    data = jpeg(scene(1))
    findings = [record(phone, data)[0] for _ in range(2)]
    _, sha256 = record(phone, data, findings[0])
    phone.sync()
    for finding in findings:
        number = server.finding(finding).number  # type: ignore[union-attr]
        assert f"编号  {number}" in lines(server, sha256, finding)


def test_who_may_not_see_the_photo_or_the_finding_gets_no_copy(
    server: Server, phone: Phone, client: FlaskClient
) -> None:
    finding, sha256 = record(phone, jpeg(scene(1)))
    other = phone.report()
    phone.sync()
    stranger, chief = server.token("mo", "supervisor", ("450305",)), server.token("luo", "supervisor")
    for who, asked in ((stranger, finding), (chief, other)):
        answer = client.get(f"/api/v1/photos/{sha256}/watermarked?finding={asked}", headers=who)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")


def test_what_is_no_picture_has_no_copy(server: Server, phone: Phone, client: FlaskClient) -> None:
    _, sha256 = record(phone, b"%PDF-1.7\n" + b"x" * 200 + b"\n%%EOF", media_type="application/pdf")
    phone.sync()
    answer = client.get(f"/api/v1/photos/{sha256}/watermarked", headers=server.token("luo", "supervisor"))
    assert answer.get_json()["code"] == "no-thumbnail"


@pytest.mark.parametrize("size", [(1, 1), (30, 900), (1600, 40)])
def test_any_picture_can_be_marked(size: tuple[int, int]) -> None:
    made = watermarking.marked(
        io.BytesIO(jpeg(scene(1).resize(size))), "image/jpeg", 1600, ["时间" * 40, "", "A" * 200]
    )
    assert opened(made).size == size


def test_every_name_of_the_region_and_every_word_of_the_catalogue_has_its_glyphs() -> None:
    wanted = set()
    for name in ("townships.csv", "villages.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            wanted |= {character for row in csv.reader(file) for cell in row for character in cell}
    for words in catalogue.words("zh-CN").values():
        wanted |= set("".join(words.values()))
    assert len(wanted) > 1000
    assert sorted(character for character in wanted if not has_glyph(character)) == []
