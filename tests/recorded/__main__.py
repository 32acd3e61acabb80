"""`python -m tests.recorded`: record the present version's ops into tests/fixtures/recorded-ops/<version>.

Done once for each release, before it is cut; what is recorded is never recorded again.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backend import create_app
from backend.cli.setup import prepare
from backend.clock import Clock
from backend.extensions import db
from backend.version import VERSION
from tests.conftest import settings_for
from tests.recorded import story
from tests.stories import FakeTime, Server

FOLDER = Path(__file__).parents[1] / "fixtures" / "recorded-ops"


def main() -> int:
    place = FOLDER / VERSION
    if place.exists():
        print(f"{place} is there already: what was released is not recorded again")
        return 1
    with TemporaryDirectory() as name:
        folder, time = Path(name), FakeTime()
        app = create_app(settings_for(folder, f"sqlite:///{folder / 'record.sqlite3'}"), Clock(now=time.now))
        with app.app_context():
            prepare(sample=True)
            db.session.remove()
        streams, ops = story.day(Server(app, time))
    place.mkdir(parents=True)
    _write(place / "streams.json", {"at": time.now().isoformat(), "streams": streams})
    for number, op in enumerate(ops, 1):
        _write(place / f"{number:02}-{op['cmd']}-{op['expected']['status']}.json", op)
    return 0


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
