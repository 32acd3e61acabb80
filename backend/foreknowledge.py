"""Strangers: ids and hashes that the database has never heard of, found out for a whole batch by one statement.

Most of what a push brings is new, and of something new there is nothing to look up: it is not there, has no photos, and
nobody waits for it. Whatever this transaction itself does to a stranger is in the notes of `backend.write_behind`.
True only under the counter's lock, and only of a transaction in a hurry; any other has no strangers, and looks up.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from sqlalchemy.orm import Session

from backend import write_behind

_KEY = ("foreknowledge",)
_UNHEARD_OF = """
SELECT id FROM {asked} WHERE NOT (
    EXISTS (SELECT 1 FROM op_identity WHERE op_identity.op_id = asked.id)
    OR EXISTS (SELECT 1 FROM op WHERE op.waits_for = asked.id)
    OR EXISTS (SELECT 1 FROM finding WHERE finding.id = asked.id)
    OR EXISTS (SELECT 1 FROM inspection WHERE inspection.id = asked.id)
    OR EXISTS (SELECT 1 FROM comment WHERE comment.id = asked.id)
    OR EXISTS (SELECT 1 FROM conflict WHERE conflict.id = asked.id)
    OR EXISTS (SELECT 1 FROM site WHERE site.id = asked.id)
    OR EXISTS (SELECT 1 FROM fire_point WHERE fire_point.id = asked.id)
    OR EXISTS (SELECT 1 FROM patrol WHERE patrol.id = asked.id)
    OR EXISTS (SELECT 1 FROM task WHERE task.id = asked.id)
    OR EXISTS (SELECT 1 FROM photo WHERE photo.id = asked.id)
    OR EXISTS (SELECT 1 FROM photo WHERE photo.subject_id = asked.id
        AND photo.subject_type IN ('comment', 'finding', 'inspection', 'patrol'))
    OR EXISTS (SELECT 1 FROM mention WHERE mention.subject_id = asked.id
        AND mention.subject_type IN ('comment', 'finding', 'inspection', 'patrol'))
    OR EXISTS (SELECT 1 FROM blob WHERE blob.sha256 = asked.id)
)
"""
_ON_SQLITE = _UNHEARD_OF.format(asked="(SELECT value AS id FROM json_each(?)) AS asked")
_ON_POSTGRESQL = _UNHEARD_OF.format(asked="json_array_elements_text(%s::json) AS asked (id)")


class _Foreknowledge:
    def __init__(self, session: Session) -> None:
        self.behind = write_behind.of(session)
        self.asked: set[str] = set()
        self.strangers: set[str] = set()
        self.as_of = self.behind.foreign_writes

    def ask(self, ids: Iterable[str]) -> None:
        wanted = set(ids) - self.asked
        if not wanted:
            return
        self.asked |= wanted
        self.strangers |= self._unheard_of(wanted)

    def is_stranger(self, id: str) -> bool:
        if self.as_of != self.behind.foreign_writes:  # somebody wrote past the notes: what was known of rows is past
            self.as_of = self.behind.foreign_writes
            self.strangers = self._unheard_of(self.strangers)
        return id in self.strangers

    def _unheard_of(self, ids: set[str]) -> set[str]:
        if not ids:
            return set()
        connection = self.behind.connection
        statement = _ON_POSTGRESQL if connection.dialect.name == "postgresql" else _ON_SQLITE
        asked = orjson.dumps(sorted(ids)).decode()
        return {row[0] for row in connection.exec_driver_sql(statement, (asked,))}


def foresee(session: Session, ids: Iterable[str]) -> None:
    """Find out which of these the database knows; more may be asked later."""
    if write_behind.of(session).in_hurry:
        _of(session).ask(ids)


def is_stranger(session: Session, id: str) -> bool:
    """True when the database is known never to have heard of it; False may mean that nobody asked."""
    return write_behind.of(session).in_hurry and _of(session).is_stranger(id)


def all_strangers(session: Session, ids: Iterable[str]) -> bool:
    return all(is_stranger(session, id) for id in ids)


def _of(session: Session) -> _Foreknowledge:
    notes = write_behind.of(session).notes
    found: _Foreknowledge | None = notes.get(_KEY)
    if found is None:
        found = _Foreknowledge(session)
        notes.put(_KEY, found)
    return found
