"""Play the demo's day once, go through an app as its people do, and keep the pictures.

python -m tests.browser.pictures field|console [--all FOLDER] [--played DATA]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import Browsers, Station, play_day
from tests.browser.pictures import console, field
from tests.browser.pictures.album import Album

WALKS = {"field": field.walk, "console": console.walk}


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    asked.add_argument("app", choices=sorted(WALKS))
    asked.add_argument("--all", type=Path, metavar="FOLDER", help="every page, both languages, day and night, into it")
    asked.add_argument("--played", type=Path, metavar="DATA", help="a demo's data after its day; else one is played")
    options = asked.parse_args()
    album = Album(options.app, options.all)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playing:
        data = Path(name) / "data"
        if options.played:
            shutil.copytree(options.played, data)
        else:
            play_day(data, weeks=True)
        station = Station(data).start()
        browsers = Browsers(playing, station, Path(name) / "browsers")
        try:
            WALKS[options.app](album, station, browsers)
        finally:
            browsers.close()
            station.close()
    for lacking in sorted(album.lacking()):
        print(f"the guide shows {lacking}, but nobody took it", file=sys.stderr)
    return 1 if album.lacking() else 0


if __name__ == "__main__":
    sys.exit(main())
