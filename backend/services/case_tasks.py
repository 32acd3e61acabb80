"""Tasks that a finding's case makes: what was said to be put right is to be looked at again (复查)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from backend.models import Finding, Task
from backend.services import deadlines, tasks
from backend.services.actor import Actor
from backend.services.tasks import Word
from backend.sync_store import SqlStore
from checklists.model import Deadline

KIND = "re-inspection"
WITHIN = Deadline(3, "working_days", "setting")


class Asked(Protocol):
    """What this needs to know of a step that was taken."""

    @property
    def id(self) -> str: ...
    @property
    def who(self) -> Actor: ...
    @property
    def at(self) -> datetime: ...
    @property
    def received_at(self) -> datetime: ...


def after(session: Session, store: SqlStore, finding: Finding, start: str, asked: Asked) -> None:
    """Open a re-inspection in the finding's cell after a reply; end it with the recheck, or when it is not needed.

    `start` is the state that the finding has come from.
    """
    source = ("finding", finding.id)
    word = Word(str(uuid5(UUID(asked.id), "task")), asked.who, asked.at, asked.received_at)
    if finding.state == "feedback":
        if finding.cell_code is not None and tasks.of_source(session, source, KIND) is None:
            tasks.open_task(session, store, _re_inspection(finding, asked), word)
    elif start == "feedback":
        tasks.end_of_source(session, store, source, KIND, word)


def _re_inspection(finding: Finding, asked: Asked) -> Task:
    return Task(
        id=str(uuid5(UUID(asked.id), KIND)),
        kind=KIND,
        title=f"{finding.number} {finding.description}"[:200],
        site_id=finding.site_id,
        cell_code=finding.cell_code,
        pool=finding.cell_code,
        due_at=deadlines.due(asked.received_at, WITHIN),
        source_type="finding",
        source_id=finding.id,
    )
