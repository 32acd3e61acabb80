"""Findings with two photos each to the ledger as xlsx, against XlsxWriter fed bare: `python -m bench export`.

    python -m bench.export_bench [--findings 10000] [--photos-px 640] [--json FILE]

Ours is the job as the consumer runs it: snapshot, rows, thumbnails derived from the originals, file synced and placed.
A second run finds its thumbnails derived. Bare is XlsxWriter with `constant_memory`, fed as many rows and cells of
ready text and the same ready thumbnails. Each runs in a process of its own, whose peak of resident memory is told.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import xlsxwriter
from PIL import Image
from sqlalchemy import insert

from backend import clock, create_app, storage
from backend.config import from_environment
from backend.exports.columns import columns_of
from backend.extensions import db
from backend.images import THUMBNAIL_QUALITY
from backend.jobs import intents, work
from backend.models import Blob, BlobHolder, Export, Finding, Photo
from backend.services import accounts, exports
from backend.services.list_rows import THUMBNAIL_PX
from backend.transactions import reading, writing
from bench.installation import Installation, installation

BUDGET_MIB = 512
SCENE_PX = 2000
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Camera:
    """Photos that all differ: cut from one scene of blurred noise, each from a place of its own."""

    def __init__(self, px: int) -> None:
        noise = np.random.default_rng(7).integers(0, 255, (SCENE_PX // 8, SCENE_PX // 8, 3), dtype=np.uint8)
        side = SCENE_PX + px
        self.scene = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
        self.px = px

    def photo(self, n: int) -> bytes:
        left, top = n * 7 % SCENE_PX, n * 13 // SCENE_PX * 11 % SCENE_PX
        out = io.BytesIO()
        box = (left, top, left + self.px, top + self.px * 3 // 4)
        self.scene.crop(box).save(out, "JPEG", quality=85)
        return out.getvalue()


def fill(site: Installation, findings: int, px: int) -> str:
    """Findings in the sample district, each with a photo before and one after; returns an admin's id."""
    camera = Camera(px)
    with site.app.app_context():
        with writing() as session:
            user = accounts.create_user(
                session, id=clock.new_id(), now=NOON, name="bench", role="admin", grants=[], display_name="测试"
            )
            user_id = user.id
        for first in range(0, findings, 1000):
            with writing() as session:
                numbers = range(first, min(findings, first + 1000))
                ids = {n: clock.new_id() for n in numbers}
                session.execute(insert(Finding), [_finding(ids[n], n, user_id) for n in numbers])
                photos = [(ids[n], role, n * 2 + i) for n in numbers for i, role in enumerate(("before", "after"))]
                _photos(session, photos, camera, user_id)
    site.release()
    return user_id


def _photos(session: Any, photos: Sequence[tuple[str, str, int]], camera: Camera, user_id: str) -> None:
    blobs: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for finding, role, n in photos:
        data = camera.photo(n)
        sha256 = hashlib.sha256(data).hexdigest()
        storage.blobs().put(sha256, io.BytesIO(data))
        blobs.append(
            {"sha256": sha256, "size": len(data), "media_type": "image/jpeg", "status": "stored", "seq": 1,
             "stored_at": NOON, "facts": {}}
        )  # fmt: skip
        records.append(
            {"id": clock.new_id(), "sha256": sha256, "size": len(data), "media_type": "image/jpeg",
             "source": "camera", "role": role, "subject_type": "finding", "subject_id": finding,
             "author_id": user_id, "stream_id": finding, "captured_at": NOON, "captured_at_sent": NOON.isoformat(),
             "received_at": NOON, "flags": [], "rev": 1}
        )  # fmt: skip
    session.execute(insert(Blob), blobs)
    session.execute(insert(BlobHolder), [{"sha256": blob["sha256"], "user_id": user_id} for blob in blobs])
    session.execute(insert(Photo), records)


def _finding(id: str, n: int, user_id: str) -> dict[str, Any]:
    found = NOON - timedelta(minutes=n)
    return {
        "id": id, "number": f"LZ-20261122-{n:05d}", "topic": "dust", "description": "工地东侧裸土未覆盖，风起扬尘明显",
        "severity": "moderate", "state": "submitted", "grade": "lead", "source": "report", "author_id": user_id,
        "stream_id": id, "found_at": found, "found_at_sent": found.isoformat(), "received_at": NOON,
        "lon": 109.33, "lat": 24.25, "cell_code": "450206100", "flags": [], "placed_n": 1, "rev": 1,
    }  # fmt: skip


def ours(data: str, database_url: str, user_id: str) -> dict[str, Any]:
    """Ask for the ledger and let the job run."""
    app = create_app(from_environment({"BLUEGRID_DATA": data, "BLUEGRID_DATABASE_URL": database_url}))
    with app.app_context():
        with writing() as session:
            actor = accounts.actor_of(accounts.by_id(session, user_id))
            said = {"kind": "ledger", "format": "xlsx", "filters": {}, "language": "zh-CN", "as_of": None, "seq": None}
            export = exports.ask(session, actor, clock.new_id(), exports.wish(said, clock.now()), clock.now()).id
            intents.ask(session, export, "export", {"export": export}, user_id, clock.now())
        start = perf_counter()
        work.run(export)
        seconds = perf_counter() - start
        with reading() as session:
            made = session.get_one(Export, export)
            if made.state != "done":
                raise RuntimeError(f"the export failed: {made.error_code} {made.error_detail}")
            told = {"seconds": seconds, "rows": made.rows_done, "bytes": made.bytes, "sha256": made.sha256}
        db.session.remove()
        db.engine.dispose()
    return told


def bare(folder: str, findings: int, px: int) -> dict[str, Any]:
    """The same number of rows, cells and thumbnails, straight into XlsxWriter."""
    camera = Camera(px)
    for n in range(2 * findings):
        with Image.open(io.BytesIO(camera.photo(n))) as image:
            image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
            image.save(Path(folder) / f"{n}.jpg", "JPEG", quality=THUMBNAIL_QUALITY)
    columns = len(columns_of("ledger"))
    target = Path(folder) / "bare.xlsx"
    start = perf_counter()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": folder})
    sheet = book.add_worksheet()
    for row in range(findings):
        for column in range(columns):
            sheet.write_string(row, column, "工地东侧裸土未覆盖")
        for i in range(2):
            path = Path(folder) / f"{row * 2 + i}.jpg"
            sheet.insert_image(row, columns - 1 - i, str(path), {"x_scale": 0.4, "y_scale": 0.4})
    book.close()
    return {"seconds": perf_counter() - start, "rows": findings, "bytes": target.stat().st_size}


def _apart(work: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Run in a process of its own; what it says, and the most memory that it held."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, args))


def _measured(work: Callable[..., dict[str, Any]], args: tuple[Any, ...]) -> dict[str, Any]:
    told = work(*args)
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak where that is higher
    peak_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return {**told, "peak_mib": peak_kib / 1024}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=10_000, help="findings, with two photos each")
    parser.add_argument("--photos-px", type=int, default=640, help="width of the original photos")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if the memory aim is missed")
    options = parser.parse_args(arguments)
    with installation("sqlite") as site, TemporaryDirectory(prefix="bluegrid-bench-") as folder:
        user_id = fill(site, options.findings, options.photos_px)
        where = (str(site.folder / "data"), site.database_url, user_id)
        rows = {
            "ours": _apart(ours, *where),
            "ours, thumbnails derived": _apart(ours, *where),
            "bare": _apart(bare, folder, options.findings, options.photos_px),
        }
    first, again = rows["ours"], rows["ours, thumbnails derived"]
    print(f"{options.findings:,} findings, {2 * options.findings:,} photos of {options.photos_px} px")
    for name, row in rows.items():
        ratio = row["seconds"] / rows["bare"]["seconds"]
        size = f"{row['bytes'] / 2**20:>8.1f} MiB file"
        print(f"{name:26}{row['seconds']:>9.1f} s{row['peak_mib']:>7.0f} MiB{size}{ratio:>7.2f}x")
    print("the same bytes twice" if first["sha256"] == again["sha256"] else "NOT the same bytes twice")
    met = max(first["peak_mib"], again["peak_mib"]) <= BUDGET_MIB
    if options.json:
        options.json.write_text(json.dumps({"findings": options.findings, "rows": rows, "met": met}, indent=2) + "\n")
    return 0 if met or not options.strict else 1


if __name__ == "__main__":
    sys.exit(main())
