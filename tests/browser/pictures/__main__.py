"""Play the demo's weeks and day once, go through the apps as their people do, and keep the guides' pictures.

python -m tests.browser.pictures [field|console] [--all FOLDER [--by-day]] [--played DATA]
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Playwright, expect, sync_playwright

from backend.demo import pictures as demo_pictures
from backend.services.working_time import CHINA
from tests.backend.serving import PATIENCE_S
from tests.browser.conftest import Browsers, Station, play_day
from tests.browser.pictures import console, field
from tests.browser.pictures.album import Album

WALKS = {"field": field.walk, "console": console.walk}


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    asked.add_argument("app", nargs="?", choices=sorted(WALKS), help="both apps, unless it is said")
    asked.add_argument("--all", type=Path, metavar="FOLDER", help="every page, both languages, day and night, into it")
    asked.add_argument("--by-day", action="store_true", help="of everything no night pictures")
    asked.add_argument("--played", type=Path, metavar="DATA", help="a demo's data after its day; else one is played")
    options = asked.parse_args()
    expect.set_options(timeout=PATIENCE_S * 1000)
    lacking: list[str] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playing:
        data = Path(name) / "data"
        if options.played:
            shutil.copytree(options.played, data)
        else:
            play_day(data, weeks=True)
        for app in [options.app] if options.app else sorted(WALKS):
            album = Album(app, options.all, night=not options.by_day)
            _go(app, album, shutil.copytree(data, Path(name) / app), playing)
            lacking += [f"{app}/{each}" for each in sorted(album.lacking())]
    for each in lacking:
        print(f"the guide shows {each}, but nobody took it", file=sys.stderr)
    return 1 if lacking else 0


def upright(photo: bytes) -> bytes:
    """The middle of a photo, as a phone that is held upright sees it, without the line at its foot."""
    whole, made = Image.open(io.BytesIO(photo)), io.BytesIO()
    width, height = whole.height // 8 * 5, whole.height // 8 * 7
    left = (whole.width - width) // 2
    whole.crop((left, 0, left + width, height)).save(made, "JPEG", quality=90)
    return made.getvalue()


def _go(app: str, album: Album, data: Path, playing: Playwright) -> None:
    """One app's walk, on a server and in browsers of its own."""
    station = Station(data).start()
    camera = data / "camera.mjpeg"
    camera.write_bytes(upright(demo_pictures.photo("camera", 109.33, 24.255, datetime.now(CHINA))))
    browsers = Browsers(playing, station, data / "browsers", camera)
    try:
        WALKS[app](album, station, browsers)
    finally:
        browsers.close()
        station.close()


if __name__ == "__main__":
    sys.exit(main())
