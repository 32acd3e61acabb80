"""A refused command ends with one plain sentence, not a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from backend.services.errors import ServiceError
from checklists.errors import ChecklistError
from sync.errors import SyncError


@contextmanager
def spoken() -> Iterator[None]:
    """Turn what a service refuses into a message and exit status 1."""
    try:
        yield
    except (ServiceError, SyncError, ChecklistError) as error:
        raise click.ClickException(f"{error} [{error.code}]") from None
