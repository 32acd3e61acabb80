"""Backups and restores that are killed half-way, that meet a running server, or a full disk: with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend import create_app, failpoints, in_use
from backend.config import from_environment
from backend.extensions import db
from backend.jobs import intents
from backend.transactions import reading, writing
from sync.client import Device
from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from tests.backend.serving import ROOT, Served, eventually
from tests.faults.test_full_disk import fill
from tests.faults.test_killed_at_failpoints import invitation, record_a_finding_with_its_photo

IN_SHORT: tuple[str, ...] = ()  # each takes half a minute; restores and damage are tried in tests/backend
POINTS = [pytest.param(name, marks=() if name in IN_SHORT else pytest.mark.slow) for name in failpoints.BACKUP_NAMES]
KILLED = -signal.SIGKILL


def flask(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `flask …` command in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BLUEGRID_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env={**inherited, "BLUEGRID_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def nobody_has(url: str) -> bool:
    try:
        with in_use.alone(url):
            return True
    except in_use.InUse:
        return False


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_half_way_leaves_the_old_state_or_says_so_and_can_be_repeated(
    point: str, on_database: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    served = Served(data, **on_database)
    again: Served | None = None
    try:
        password = served.line(r"one-time password is (\S+)")[1]
        served.ready()
        storage = FolderStorage(tmp_path / "phone")
        device = Device(HttpTransport(served.url), storage, SystemClock(), new_id)
        device.enrol(invitation(served, password), "phone")
        findings = {record_a_finding_with_its_photo(device)}
        assert device.sync().quiet
        assert flask(data, "backup", "create", **on_database).returncode == 0
        findings.add(record_a_finding_with_its_photo(device))
        assert device.sync().quiet
        deadly = {**on_database, "BLUEGRID_FAILPOINT": point}
        if point.startswith("backup-"):
            assert flask(data, "backup", "create", **deadly).returncode == KILLED
            assert flask(data, "backup", "verify", "--all", **on_database).returncode == 0
            assert device.sync().quiet
            assert flask(data, "backup", "create", **on_database).returncode == 0
        served.process.send_signal(signal.SIGTERM)
        assert served.ended() == 0
        name = flask(data, "backup", "list", **on_database).stdout.split("\n")[-2].split()[0]
        if point.startswith("restore-"):
            assert flask(data, "backup", "restore", name, "--replace", **deadly).returncode == KILLED
            if point == "restore-old-moved" and not on_database:
                refused = Served(data)
                assert "a restore of this database was cut off; run it again" in refused.line("does not start").string
                assert refused.ended() == 2
            else:
                kept = flask(data, "evidence", "verify", **on_database)
                assert "op: 2 good" in kept.stdout, kept
                assert "restored: " not in kept.stdout
        restored = flask(data, "backup", "restore", name, "--replace", **on_database)
        assert restored.returncode == 0, restored
        again = Served(data, **on_database).ready()
        device = Device(HttpTransport(again.url), storage, SystemClock(), new_id)
        for _ in range(2):
            assert device.sync().trouble is None
        rows = device.mirror.rows("finding")
        assert {row["id"] for row in rows} == findings
        assert all(photo["stored"] for row in rows for photo in row["photos"])
        assert "Nothing was changed" in flask(data, "evidence", "verify", "--blobs", **on_database).stdout
    finally:
        served.clear_away()
        if again is not None:
            again.clear_away()


def test_a_running_server_makes_its_daily_backup_and_keeps_a_restore_out(
    on_database: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    served = Served(data, **on_database).ready()
    monkeypatch.setenv("BLUEGRID_DATA", str(data))
    for name, value in on_database.items():
        monkeypatch.setenv(name, value)
    try:
        app = create_app(from_environment())
        with app.app_context(), writing() as session:  # as the clockwork does at seven minutes past
            intents.ask(session, new_id(), "daily-backup", {}, None, SystemClock().now())
        (name,) = eventually(lambda: flask(data, "backup", "list", **on_database).stdout.split()[:1], "a backup")
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        refused = flask(data, "backup", "restore", name, "--replace", **on_database)
        assert (refused.returncode, "stop the server" in refused.stderr) == (1, True), refused
        for process in served.descendants():
            process.send_signal(signal.SIGSTOP)  # whoever hangs has the database nevertheless
        assert flask(data, "backup", "restore", name, "--replace", **on_database).returncode == 1
        served.clear_away()
        eventually(lambda: nobody_has(from_environment().database_url), "the locks end with the processes")
        assert flask(data, "backup", "restore", name, "--replace", **on_database).returncode == 0
        with app.app_context(), reading():
            pass
    finally:
        served.clear_away()


@pytest.mark.slow
def test_a_full_backup_disk_is_told_and_leaves_no_backup_and_the_server_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of one's own cannot be mounted here")
    data, folder = tmp_path / "data", {"BLUEGRID_BACKUPS": str(place / "backups")}
    try:
        assert flask(data, "setup", "run").returncode == 0
        filler = fill(place)
        told = flask(data, "backup", "create", **folder)
        assert told.returncode == 1
        assert "Traceback" not in told.stderr, told.stderr
        os.truncate(filler, filler.stat().st_size - 1024 * 1024)  # room for a part of it
        told = flask(data, "backup", "create", **folder)
        assert told.returncode == 1
        assert "Traceback" not in told.stderr, told.stderr
        assert flask(data, "backup", "list", **folder).stdout == ""
        filler.unlink()
        made = flask(data, "backup", "create", **folder)
        assert made.returncode == 0, made
        assert flask(data, "backup", "verify", **folder).returncode == 0
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
