"""`python -m backend.serve`, as a real process with real children."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from backend.config import SettingInvalid
from backend.serve_options import CannotListen, claim, from_environment
from backend.supervisor import pause_after
from tests.backend.serving import ROOT, Served, eventually

Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers on one data folder, and clears them all away."""
    servers: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        servers.append(Served(tmp_path / "data", *arguments, **environment))
        return servers[-1]

    yield start
    for server in servers:
        server.clear_away()


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_it_serves_restarts_what_dies_and_leaves_no_child(serve: Serve) -> None:
    server = serve().ready()
    status, body = server.get("/healthz")
    assert status == 200
    assert json.loads(body)["durability"] == {
        "database": "sqlite",
        "journal_mode": "wal",
        "synchronous": "full",
        "blobs": "folder",
    }
    assert server.get("/readyz")[0] == 200

    consumer = eventually(lambda: server.descendant("huey_consumer"), "a job consumer runs")
    consumer.kill()
    server.line(r"The job consumer ended \(killed by SIGKILL\) and starts again in 1 s")
    eventually(
        lambda: (found := server.descendant("huey_consumer")) and found.pid != consumer.pid, "the consumer is back"
    )

    web = eventually(lambda: server.descendant("gunicorn"), "a web server runs")
    web.kill()
    server.line(r"The web server ended")
    assert server.get("/readyz")[0] == 200  # the socket outlives the web server: this waited instead of failing

    children = server.descendants()
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0
    assert all_gone(children)


def test_the_children_end_when_the_supervisor_is_killed_outright(serve: Serve) -> None:
    server = serve().ready()
    eventually(lambda: server.descendant("huey_consumer"), "a job consumer runs")
    children = server.descendants()
    server.process.kill()
    eventually(lambda: all_gone(children), "no child is left")


def test_a_taken_port_is_told_in_a_plain_sentence(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = serve(PORT=str(port))
        server.line(
            rf"^Bluegrid does not start: port {port} on 127\.0\.0\.1 is taken by another program; .*PORT={port + 1}"
        )
        assert server.ended() == 2


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number from 0 to 65535, not 'eighty'"),
        ({"PORT": "65536"}, "PORT must be a whole number from 0 to 65535, not '65536'"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS must be a whole number from 1 to 64, not '0'"),
        ({"BLUEGRID_TLS": "on"}, "BLUEGRID_TLS is 'off', 'local' or 'CERTIFICATE:KEY'"),
        ({"BLUEGRID_TLS_NAMES": "two words"}, "BLUEGRID_TLS_NAMES: 'two words' is neither a host name nor an address"),
    ],
)
def test_a_wrong_setting_is_told_in_a_plain_sentence(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingInvalid, match=sentence):
        from_environment(environment)


def test_a_supplied_certificate_that_is_not_there_is_told_in_a_plain_sentence(serve: Serve) -> None:
    server = serve(BLUEGRID_TLS="/nowhere/a.crt:/nowhere/a.key")
    server.line("^Bluegrid does not start: the certificate /nowhere/a.crt cannot be read: No such file")
    assert server.ended() == 2


def test_a_database_that_cannot_be_reached_is_named_without_its_password(serve: Serve) -> None:
    server = serve(BLUEGRID_DATABASE_URL="postgresql://u:secret@127.0.0.1:1/x")
    server.line(
        r"^Bluegrid does not start: the database postgresql\+psycopg://u:\*\*\*@127\.0\.0\.1:1/x cannot be opened"
    )
    assert server.ended() == 2
    assert not any("Traceback" in line or "secret" in line for line in server.lines)


@pytest.mark.parametrize("host", ["203.0.113.9", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_refused(host: str) -> None:
    with pytest.raises(CannotListen, match=f"HOST={host} is no address of this machine"):
        claim(host, 0)


def test_the_local_authority_vouches_for_a_host_name_that_is_not_localhost(serve: Serve, tmp_path: Path) -> None:
    server = serve(BLUEGRID_TLS="local", BLUEGRID_TLS_NAMES="bluegrid.test").ready()
    server.line("authority to trust on phones: .*authority.crt")
    server.line(r"fingerprint: ([0-9A-F]{2}:){31}[0-9A-F]{2}$")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "data" / "tls" / "authority.crt"))
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain,
        trusting.wrap_socket(plain, server_hostname="bluegrid.test") as secure,
    ):
        assert ("DNS", "bluegrid.test") in secure.getpeercert()["subjectAltName"]
    status, offered = server.get("/api/v1/tls/authority.crt", trusting)
    assert (status, offered) == (200, (tmp_path / "data" / "tls" / "authority.crt").read_bytes())


def test_a_host_that_others_can_reach_is_served_over_tls_unless_told_otherwise() -> None:
    assert from_environment({}).tls_mode == "off"
    assert from_environment({"HOST": "localhost"}).tls_mode == "off"
    assert from_environment({"HOST": "[::1]"}).url == "http://[::1]:8000"
    assert from_environment({"HOST": "0.0.0.0"}).tls_mode == "local"
    assert from_environment({"HOST": "0.0.0.0"}).url == "https://127.0.0.1:8000"
    assert from_environment({"HOST": "0.0.0.0", "BLUEGRID_TLS": "off"}).tls_mode == "off"
    assert "192.0.2.7" in from_environment({"HOST": "192.0.2.7"}).names()


def test_pauses_between_starts_grow_and_stay_bounded() -> None:
    assert [pause_after(n) for n in (0, 1, 2, 3, 6, 60)] == [0, 1, 2, 4, 30, 30]


def test_a_child_whose_supervisor_is_gone_ends_at_once() -> None:
    code = "from backend.parent_death import follow_supervisor as f; f(); print('alive')"
    environment = {**os.environ, "BLUEGRID_SUPERVISOR": "1"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "alive" not in ran.stdout
