"""What `huey_consumer` loads: the queue of an application made for it.

python -m huey.bin.huey_consumer backend.jobs.consumer.huey
"""

from __future__ import annotations

from huey import Huey

from backend import create_app
from backend.jobs import queue, work
from backend.parent_death import follow_supervisor


def _open() -> Huey:
    app = create_app()
    with app.app_context():
        work.finish_interrupted_uploads()
    if app.extensions["bluegrid.settings"].sqlite:
        # One machine has one consumer: what seems to be under way was cut off with the last one.
        with app.app_context():
            work.release_running()
    return queue.of(app).huey


follow_supervisor()
huey = _open()
