"""What makes the same tests cost less: memory for a disk, routes and statements compiled once, less collecting.

Nothing that a test looks at is changed by it: power is cut on a disk of the tests' own (tests/faults), a full disk is
one that a test mounts, and processes that a test starts are as they are in an office.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from werkzeug.routing import Rule

ENOUGH_BYTES = 4 << 30
"""Free memory for what the workers of a run keep at a time: their databases, pictures and PostgreSQL's clusters."""


@cache
def memory_folder() -> Path | None:
    """A folder in memory, where a sync costs nothing, if the machine has one with room."""
    shared = Path("/dev/shm")
    room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free >= ENOUGH_BYTES
    return shared if room else None


def temporary_folder(prefix: str) -> TemporaryDirectory[str]:
    """A folder for a server of the tests: in memory if there is room."""
    return TemporaryDirectory(prefix=prefix, dir=memory_folder())


def keep_in_memory() -> None:
    """pytest's temporary folders lie in memory, unless somebody says where."""
    if folder := memory_folder():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def compile_routes_once() -> None:
    """The app is made anew for each test, with the same routes: what builds a route's address is made once for all.

    It is a function of the route alone, and two thirds of the cost of an app.
    """
    compiled: dict[tuple[Any, ...], Callable[..., Any]] = {}
    compile_builder = Rule._compile_builder

    @wraps(compile_builder)
    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = once  # type: ignore[method-assign]


class Compiled(dict[Any, Any]):
    """Statements compiled for any engine of a kind; SQLAlchemy's keys name the engine's own dialect first."""

    MOST = 5000

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._key(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= self.MOST:
            self.clear()
        super().__setitem__(self._key(key), compiled)

    @staticmethod
    def _key(key: tuple[Any, ...]) -> tuple[Any, ...]:
        return (type(key[0]), *key[1:])


def compile_statements_once() -> None:
    """Each test has an engine of its own, on the same kind of database: they share what was compiled, as the requests
    of one server do.
    """
    shared = Compiled()

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", share)


def longest_first(items: list[pytest.Item]) -> None:
    """Tests that start processes and play stories take many seconds each: at the end, one would run alone."""
    here = Path(__file__).parent
    long = {here, here / "faults", here / "torture"}
    items.sort(key=lambda item: item.path.parent not in long)


def keep_what_is_imported() -> None:
    """Modules and tests stay to the end: the collector does not look for rubbish until they are all there."""
    gc.disable()


def collect_less() -> None:
    """From now on it looks at what is new, and more rarely: a test makes much and keeps little."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 10, 10)
