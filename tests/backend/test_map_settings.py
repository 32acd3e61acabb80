"""Base maps: none unless one is set; then what a client needs of it, its labels, and the policy that lets it load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend import built_web
from backend.config import MapSettings, SettingInvalid, from_environment
from tests.backend.records import Person, Records

TILES = bytes(range(256)) * 8


@pytest.fixture
def inspector(app: Flask, session: Session) -> Person:
    return Records(app, session).person("inspector")


@pytest.fixture
def settled(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """Gives the running installation these settings of maps."""

    def settle(**maps: object) -> None:
        settings = replace(app.extensions["bluegrid.settings"], maps=MapSettings(**maps))
        monkeypatch.setitem(app.extensions, "bluegrid.settings", settings)

    return settle


def policy(client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "field").mkdir(exist_ok=True)
    (tmp_path / "field" / "index.html").write_text("<title>field</title>")
    monkeypatch.setattr(built_web, "DIST", tmp_path)
    return client.get("/app/").headers["Content-Security-Policy"]


def test_without_settings_there_is_no_base_map_and_no_other_host(client, inspector, tmp_path, monkeypatch):
    said = client.get("/api/v1/map-settings", headers=inspector.headers).json
    assert said == {"base": None, "approval_no": None, "attribution": None}
    assert client.get("/api/v1/map.pmtiles", headers=inspector.headers).status_code == 404
    assert "https:" not in policy(client, tmp_path, monkeypatch)


def test_tianditu_comes_with_its_labels_and_opens_the_policy_for_its_hosts_alone(
    client, inspector, settled, tmp_path, monkeypatch
):
    settled(tianditu_key="0123456789abcdef", approval_no="GS（2026）1号", attribution="国家地理信息公共服务平台")
    assert client.get("/api/v1/map-settings", headers=inspector.headers).json == {
        "base": {"kind": "tianditu", "key": "0123456789abcdef", "url": None},
        "approval_no": "GS（2026）1号",
        "attribution": "国家地理信息公共服务平台",
    }
    opened = policy(client, tmp_path, monkeypatch)
    assert "connect-src 'self' https://*.tianditu.gov.cn;" in opened
    assert "script-src 'self';" in opened


def test_a_map_file_is_read_in_ranges(client, inspector, settled, tmp_path):
    file = tmp_path / "liuzhou.pmtiles"
    file.write_bytes(TILES)
    settled(pmtiles=file)
    url = client.get("/api/v1/map-settings", headers=inspector.headers).json["base"]["url"]
    part = client.get(url, headers={**inspector.headers, "Range": "bytes=256-511"})
    assert (part.status_code, part.data) == (206, TILES[256:512])
    assert part.headers["Content-Range"] == f"bytes 256-511/{len(TILES)}"
    beyond = client.get(url, headers={**inspector.headers, "Range": f"bytes={len(TILES)}-"})
    assert beyond.status_code == 416
    assert client.get(url).status_code == 401


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"BLUEGRID_MAP_TIANDITU_KEY": "key with blanks"}, "letters and digits"),
        ({"BLUEGRID_MAP_PMTILES": "no-such-file.pmtiles"}, "names no file"),
        ({"BLUEGRID_MAP_TIANDITU_KEY": "0123456789ab", "BLUEGRID_MAP_PMTILES": __file__}, "not both"),
        ({"BLUEGRID_MAP_APPROVAL_NO": "审" * 201}, "too long"),
    ],
)
def test_a_wrong_setting_of_the_map_stops_the_start(tmp_path, said, sentence):
    with pytest.raises(SettingInvalid, match=sentence):
        from_environment({"BLUEGRID_DATA": str(tmp_path), **said})
