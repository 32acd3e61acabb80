"""One at a time through the set-up of an installation, whichever host or process it runs on.

Knows the database's engine and the data folder; nothing of what is set up.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

KEY = 0x626C7565  # "blue"


@contextmanager
def only_one(engine: Engine, data: Path) -> Iterator[None]:
    """Wait for whoever is in there; on PostgreSQL across hosts, on SQLite among the processes of a data folder.

    The lock ends with its connection or process, so that a host that is cut off inside keeps nobody out for long.
    """
    if engine.dialect.name == "sqlite":
        descriptor = os.open(data / "setup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # closing it, not the pool's reset, gives the lock back
        connection.execute(text("SET lock_timeout = 0"))  # a migration may take its time
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": KEY})
        yield
