"""What the ids in audit events stand for, in words a person knows: names of people and things, numbers of findings.

The trail itself holds ids and codes alone (`audit`); names are those of the moment of asking. One look-up a table,
however many events there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.models import AuditEvent, Campaign, Device, Finding, FirePoint, Office, Site, User

NAMED: Sequence[tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]] = (
    (User.id, User.display_name),
    (Finding.id, Finding.number),
    (FirePoint.id, FirePoint.number),
    (Device.id, Device.name),
    (Site.id, Site.name),
    (Office.id, Office.name),
    (Campaign.id, Campaign.name),
)
"""Where an id is looked for, and which column says what it is called."""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def names(session: Session, events: Sequence[AuditEvent]) -> list[dict[str, str]]:
    """For each event, what each id that it names is called; ids of what has no name, or is gone, are left out."""
    ids = [set(_ids(event)) for event in events]
    wanted = set().union(*ids)
    if not wanted:
        return [{} for _ in ids]
    queries = (select(key, said).where(key.in_(wanted)) for key, said in NAMED)
    called: dict[str, str] = {id: name for query in queries for id, name in session.execute(query)}
    return [{id: called[id] for id in sorted(some) if id in called} for some in ids]


def _ids(event: AuditEvent) -> Iterator[str]:
    """Actor, subject, and the texts right within the details, alone or in a list."""
    said: list[Any] = [event.actor_id, event.subject]
    for value in event.details.values():
        said += value if isinstance(value, list) else [value]
    return (each for each in said if isinstance(each, str) and ID.fullmatch(each))
