"""Each bench of the server starts, measures something small for real, and prints its table."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from bench import (
    console_bench,
    counter_bench,
    export_bench,
    fleet_bench,
    import_bench,
    phash_bench,
    pull_bench,
    replace_bench,
    statistics_bench,
    tally_bench,
    ten_thousand_bench,
    tile_bench,
)
from bench.fleet import PHOTO_BYTES, Camera
from bench.service_times import Samples
from bench.ten_thousand_bench import simulate


@pytest.mark.slow
def test_a_small_fleet_empties_its_outboxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fleet.json"
    small = ["--devices", "3", "--inspections", "1", "--photos", "2", "--workers", "1", "--database", "sqlite"]
    fleet_bench.main([*small, "--json", str(out)])
    [row] = json.loads(out.read_text())
    assert row["ops_by_status"] == {"applied": 9}
    assert row["failures"] == {}
    assert row["up_mib"] * 2**20 > 6 * PHOTO_BYTES
    assert "outboxes empty after" in capsys.readouterr().out


def test_pulls_are_measured_at_each_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pull.json"
    small = ["--rows", "100,200", "--first", "150", "--rounds", "2", "--database", "sqlite"]
    pull_bench.main([*small, "--json", str(out)])
    [result] = json.loads(out.read_text())
    assert [(row["rows"], row["whose"]) for row in result["sizes"]] == [
        (100, "fixed"),
        (100, "growing"),
        (200, "fixed"),
        (200, "growing"),
    ]
    assert result["first_sync"]["entries"] > 150
    assert "2 times the rows cost" in capsys.readouterr().out


def test_the_counter_is_held_within_a_push_and_not_longer(tmp_path: Path) -> None:
    out = tmp_path / "counter.json"
    counter_bench.main(["--ops", "4", "--database", "sqlite", "--json", str(out)])
    for row in json.loads(out.read_text()):
        assert 0 < row["held_share"] <= 1
        assert row["alone_ops_per_s"] <= row["bound_ops_per_s"]


@pytest.mark.slow
def test_pushes_are_measured_with_and_without_the_tally(tmp_path: Path) -> None:
    out = tmp_path / "tally.json"
    tally_bench.main(["--ops", "4", "--rounds", "1", "--json", str(out)])
    rows = json.loads(out.read_text())
    assert [row["batch"] for row in rows] == [1, 20, 200]
    assert all(row["with_ms"] > 0 and row["without_ms"] > 0 for row in rows)


@pytest.mark.slow
def test_devices_by_the_hundred_are_driven_and_simulated(tmp_path: Path) -> None:
    out = tmp_path / "devices.json"
    small = ["--devices", "100", "--seconds", "0.1", "--ops", "2", "--database", "sqlite"]
    ten_thousand_bench.main([*small, "--json", str(out)])
    [result] = json.loads(out.read_text())
    assert {"idle pull", "push 1", "push 20", "photo with create"} == set(result["capacity"])
    assert all(run["lock_busy"] > 0 for run in result["evening"])


def test_the_simulation_waits_as_the_theory_of_one_queue_says() -> None:
    """M/D/1: with equal services and random arrivals the mean wait is load / (2 (1 - load)) services."""
    takes, load = 0.5, 0.8
    constant = Samples(*(np.full(1, value) for value in (takes, 0.0, takes, takes)))
    run = simulate(np.random.default_rng(1), {"push": 1.0}, {"push": constant}, int(load / takes * 3600), 2)
    assert run["lock_busy"] == pytest.approx(load, rel=0.05)
    assert run["mean_ms"]["push"] / 1000 == pytest.approx(takes * (1 + load / (2 * (1 - load))), rel=0.25)


def test_photos_of_the_fleet_differ_and_hash_as_said() -> None:
    camera = Camera()
    pictures = [camera.take() for _ in range(3)]
    for picture in pictures:
        assert len(camera.bytes_of(picture)) == PHOTO_BYTES
        assert hashlib.sha256(camera.bytes_of(picture)).hexdigest() == picture.sha256
    assert len({picture.sha256 for picture in pictures}) == 3


def test_tiles_and_lists_are_measured_at_each_size(tmp_path: Path) -> None:
    out = tmp_path / "tiles.json"
    tile_bench.main(["--findings", "50,100", "--rounds", "1", "--database", "sqlite", "--json", str(out)])
    rows = json.loads(out.read_text())
    assert {row["findings"] for row in rows} == {50, 100}
    assert {"tile 6, all", "tile 14, by text", "viewport list", "newest 100"} <= {row["what"] for row in rows}
    assert {row["who"] for row in rows} == {"admin", "county", "township"}


@pytest.mark.slow
def test_the_console_is_measured_against_itself_without_findings(tmp_path: Path) -> None:
    out = tmp_path / "console.json"
    console_bench.main(["--findings", "80", "--rounds", "1", "--json", str(out)])
    rows = {row["what"]: row for row in json.loads(out.read_text())}
    assert {"first useful list", "first useful map", "list, all", "count, a county", "tile 16, 30 days"} <= rows.keys()
    assert all(row["findings"] == 80 and row["p50_ms"] > 0 for row in rows.values())
    assert rows["tile 8, all"]["bytes"] > 0


def test_a_table_and_a_satellites_file_are_taken_in_to_the_last_row(tmp_path: Path) -> None:
    out = tmp_path / "imports.json"
    import_bench.main(["--sites", "20", "--fires", "30", "--json", str(out)])
    assert [(row["what"], row["rows"]) for row in json.loads(out.read_text())] == [("sites", 20), ("fires", 30)]


@pytest.mark.slow
def test_findings_are_placed_anew_beside_a_phone_that_pushes(tmp_path: Path) -> None:
    out = tmp_path / "replaced.json"
    replace_bench.main(["--findings", "40", "--pushes", "2", "--json", str(out)])
    told, redrawn = json.loads(out.read_text())
    assert told["moved"] >= 40
    assert 0 < redrawn["moved"] < redrawn["looked_at"]


def test_pictures_are_looked_up_and_both_ways_find_the_same(tmp_path: Path) -> None:
    out = tmp_path / "phash.json"
    phash_bench.main(["--hashes", "2000", "--lookups", "170", "--json", str(out)])
    [row] = json.loads(out.read_text())
    assert row["found"] >= 17
    assert row["ratio"] > 0


@pytest.mark.slow
def test_statistics_are_measured_at_each_size(tmp_path: Path) -> None:
    out = tmp_path / "statistics.json"
    statistics_bench.main(["--findings", "30,60", "--rounds", "1", "--json", str(out)])
    rows = json.loads(out.read_text())
    assert {row["findings"] for row in rows} == {30, 60}
    assert {"by county", "by office", "ranking", "newest 100"} <= {row["what"] for row in rows}


@pytest.mark.slow
def test_an_export_is_measured_against_a_bare_writer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "export.json"
    assert export_bench.main(["--findings", "30", "--photos-px", "240", "--json", str(out), "--strict"]) == 0
    rows = json.loads(out.read_text())["rows"]
    assert {row["rows"] for row in rows.values()} == {30}
    assert rows["ours"]["sha256"] == rows["ours, thumbnails derived"]["sha256"]
    assert "MiB" in capsys.readouterr().out
