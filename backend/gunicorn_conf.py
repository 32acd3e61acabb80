"""How gunicorn serves; what differs between two starts comes as arguments from `backend/serve.py`."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

wsgi_app = "wsgi:app"
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 15
keepalive = 5
loglevel = "warning"
control_socket_disable = True


def on_starting(server: Any) -> None:
    # By its path: importing the package would load the whole application into the master, before it forks.
    runpy.run_path(str(Path(__file__).with_name("parent_death.py")))["follow_supervisor"]()
