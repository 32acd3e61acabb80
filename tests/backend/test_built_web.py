"""How the built web client is sent: its page, its files, its policy. Which client it is does not matter here."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend import built_web

SCRIPT = "console.log('蓝格')\n" * 50


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small built client of both apps, in place of the real one."""
    for app in ("field", "console"):
        (tmp_path / app / "assets").mkdir(parents=True)
        (tmp_path / app / "index.html").write_text(f"<title>{app}</title>", "utf-8")
        (tmp_path / app / "assets" / "main-1a2b.js").write_text(SCRIPT, "utf-8")
    (tmp_path / "secret.txt").write_text("not for the world")
    monkeypatch.setattr(built_web, "DIST", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(("prefix", "title"), [("/app", "field"), ("/console", "console")])
def test_the_page_answers_for_every_address_of_its_app(client: FlaskClient, prefix: str, title: str) -> None:
    for path in ("/", "/findings/0199", "/settings"):
        answer = client.get(prefix + path)
        assert (answer.status_code, answer.text) == (200, f"<title>{title}</title>")
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("dist")
def test_a_file_with_its_hash_in_the_name_is_kept_for_a_year_and_comes_packed(client: FlaskClient) -> None:
    packed = client.get("/app/assets/main-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data).decode() == SCRIPT
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in packed.headers["Cache-Control"]
    plain = client.get("/app/assets/main-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == SCRIPT
    assert plain.content_type == "text/javascript; charset=utf-8"


@pytest.mark.usefixtures("dist")
def test_what_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get("/app/").headers["ETag"]
    again = client.get("/app/", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.usefixtures("dist")
def test_no_script_of_another_host_and_none_inside_a_page_may_run(client: FlaskClient) -> None:
    policy = client.get("/console/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path", ["/app/assets/gone.js", "/app/../secret.txt", "/app/%2e%2e/secret.txt", "/app/a/../../../secret.txt"]
)
def test_a_file_that_is_not_there_and_one_outside_are_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "not for the world" not in answer.text


def test_a_client_that_was_never_built_says_what_to_do(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(built_web, "DIST", tmp_path / "none")
    answer = client.get("/app/")
    assert (answer.status_code, answer.json["code"]) == (503, "web-client-missing")


PHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    ("agent", "accepts", "led_to"),
    [
        (DESK, BROWSER, "/console/"),
        (PHONE, BROWSER, "/app/"),
        ("curl/8.5", "*/*", "/api/docs/"),
        (DESK, "application/json", "/api/docs/"),
    ],
)
def test_whoever_opens_the_bare_address_is_led_to_the_client_and_a_program_to_the_api(
    client: FlaskClient, agent: str, accepts: str, led_to: str
) -> None:
    answer = client.get("/", headers={"User-Agent": agent, "Accept": accepts})
    assert (answer.status_code, answer.headers["Location"]) == (302, led_to)


def test_without_a_built_client_a_browser_sees_the_api(client: FlaskClient, dist: Path) -> None:
    (dist / "console" / "index.html").unlink()
    assert client.get("/", headers={"User-Agent": DESK, "Accept": BROWSER}).headers["Location"] == "/api/docs/"
