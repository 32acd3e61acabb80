"""A fleet's evening: every phone hands in a day's inspections and photos at the same moment, against 2 workers.

    python -m bench.fleet_bench --whole    206 phones, 30 inspections and 60 photos of 300 KiB each
    python -m bench.fleet_bench            206 phones with a tenth of that each
    python -m bench.fleet_bench --devices 20 --inspections 5 --photos 10 --database sqlite

Reference in the same run: writing photos of the same size to the same disk with fsync, one after another, and hashing
them. The load generator runs on the same machine; its share of the CPU is told.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psutil
from sqlalchemy import func, select

from backend.extensions import db
from backend.models import Blob, OpRecord
from bench import load
from bench.fleet import PHOTO_BYTES, Camera, Kit, equipped
from bench.installation import DATABASES, Installation, Watch, installation

MIB = 1024 * 1024
KINDS = ("push", "create", "photo", "status", "pull", "health")
REFERENCE_PHOTOS = 300


def bare(folder: Path, camera: Camera) -> dict[str, float]:
    """MiB/s of writing photos with fsync of file and folder, and of hashing them."""
    photos = [camera.bytes_of(camera.take()) for _ in range(REFERENCE_PHOTOS)]
    size = sum(map(len, photos)) / MIB
    begun = perf_counter()
    handle = os.open(folder, os.O_RDONLY)
    for number, data in enumerate(photos):
        with (folder / f"bare-{number}").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.fsync(handle)
    os.close(handle)
    written = perf_counter() - begun
    begun = perf_counter()
    for data in photos:
        hashlib.sha256(data).digest()
    hashed = perf_counter() - begun
    for number in range(len(photos)):
        (folder / f"bare-{number}").unlink()
    return {"write_mib_s": size / written, "hash_mib_s": size / hashed}


def held(place: Installation) -> tuple[dict[str, int], int]:
    """What the database holds afterwards: ops by status, and stored photos."""
    with place.app.app_context():
        counted = db.session.execute(select(OpRecord.status, func.count()).group_by(OpRecord.status))
        ops = {row[0]: row[1] for row in counted}
        photos = db.session.scalar(select(func.count()).select_from(Blob).where(Blob.status == "stored")) or 0
        db.session.remove()
    place.release()
    return ops, photos


def measure(database: str, devices: int, inspections: int, photos: int, workers: int) -> dict[str, Any]:
    camera, ledger = Camera(), load.Ledger()
    with installation(database) as place:
        kits: list[Kit] = list(equipped(place.app, devices, inspections, photos, camera))
        reference, empty = bare(place.folder, camera), place.database_bytes()
        bodies = [kit.bodies() for kit in kits]
        with (
            place.serving(workers) as server,
            Watch(psutil.Process(server.process.pid)) as web,
            Watch(place.postmaster) as postgresql,
        ):
            evenings = [
                partial(load.evening, kit, pushes, server.url, camera, ledger)
                for kit, pushes in zip(kits, bodies, strict=True)
            ]
            with load.bystander(server.url, ledger):
                begun, cpu = perf_counter(), process_time()
                emptied = load.together(evenings)
                done, cpu = perf_counter() - begun, process_time() - cpu
        outboxes = max(emptied) - begun
        ops, stored = held(place)
        grown = place.database_bytes() - empty
    expected = sum(len(kit.ops) for kit in kits)
    if sum(ops.values()) != expected or stored != devices * photos:
        raise SystemExit(f"not all is there: {ops} of {expected} ops, {stored} of {devices * photos} photos")
    size = devices * photos * PHOTO_BYTES / MIB
    return {
        "database": database,
        "devices": devices,
        "inspections_each": inspections,
        "photos_each": photos,
        "workers": workers,
        "outboxes_empty_s": round(outboxes, 1),
        "first_outbox_empty_s": round(min(emptied) - begun, 1),
        "all_pulled_s": round(done, 1),
        "ops": expected,
        "ops_by_status": ops,
        "ops_per_s": round(expected / outboxes, 1),
        "photos_per_s": round(devices * photos / outboxes, 1),
        "mib_per_s": round(size / outboxes, 2),
        "bare_write_mib_s": round(reference["write_mib_s"], 1),
        "bare_hash_mib_s": round(reference["hash_mib_s"], 1),
        "ratio_to_bare_write": round(size / outboxes / reference["write_mib_s"], 3),
        "ms_p50_p95_p99": {kind: ledger.percentiles(kind) for kind in KINDS if kind in ledger.seconds},
        "requests": {kind: len(times) for kind, times in ledger.seconds.items()},
        "failures": ledger.failures(),
        "asked_again": ledger.verdicts["retry"],
        "up_mib": round(ledger.up / MIB, 1),
        "down_mib": round(ledger.down / MIB, 1),
        "database_kib_per_op": round(grown / 1024 / expected, 1),
        "web_cpu_s": round(web.cpu_s, 1),
        "postgresql_cpu_s": round(postgresql.cpu_s, 1),
        "load_cpu_s": round(cpu, 1),
        "load_cpu_share": round(cpu / (cpu + web.cpu_s + postgresql.cpu_s), 3),
        "web_peak_rss_mib": round(web.peak_rss / MIB),
        "web_peak_files": web.peak_files,
    }


def show(row: dict[str, Any]) -> None:
    print(
        f"{row['database']}: {row['devices']} phones at once, {row['ops']} ops and "
        f"{row['devices'] * row['photos_each']} photos, {row['workers']} workers"
    )
    print(
        f"  outboxes empty after {row['outboxes_empty_s']} s (the first after {row['first_outbox_empty_s']} s), all "
        f"pulled after {row['all_pulled_s']} s"
    )
    print(
        f"  {row['ops_per_s']} ops/s beside {row['photos_per_s']} photos/s = {row['mib_per_s']} MiB/s; bare write with "
        f"fsync {row['bare_write_mib_s']} MiB/s, hashing {row['bare_hash_mib_s']} MiB/s; ratio "
        f"{row['ratio_to_bare_write']}"
    )
    print(f"  {'request':8}{'count':>8}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    for kind, figures in row["ms_p50_p95_p99"].items():
        print(f"  {kind:8}{row['requests'][kind]:>8}" + "".join(f"{figure:>10.0f}" for figure in figures))
    failures = ", ".join(f"{what}: {n}" for what, n in row["failures"].items()) or "none"
    print(f"  answers that put off or failed: {failures}; verdicts 'retry': {row['asked_again']}")
    print(
        f"  verdicts {row['ops_by_status']}; on the wire {row['up_mib']} MiB up, {row['down_mib']} MiB down; the "
        f"database grew by {row['database_kib_per_op']} KiB an op"
    )
    print(
        f"  CPU: web and jobs {row['web_cpu_s']} s, PostgreSQL {row['postgresql_cpu_s']} s, load generator "
        f"{row['load_cpu_s']} s ({row['load_cpu_share']:.0%}); peak memory {row['web_peak_rss_mib']} MiB, open files "
        f"{row['web_peak_files']}",
        flush=True,
    )


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=206)
    parser.add_argument("--inspections", type=int, default=3, help="of each phone")
    parser.add_argument("--photos", type=int, default=6, help="of each phone")
    parser.add_argument("--whole", action="store_true", help="30 inspections and 60 photos each")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", choices=DATABASES, help="one of them only")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(words)
    if arguments.whole:
        arguments.inspections, arguments.photos = 30, 60
    rows = []
    for database in [arguments.database] if arguments.database else DATABASES:
        rows.append(measure(database, arguments.devices, arguments.inspections, arguments.photos, arguments.workers))
        show(rows[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
