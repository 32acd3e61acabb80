"""Keyset pages, newest first: an opaque cursor stands for the last row that was shown.

Rows that arrive later never shift a page; a page costs what it shows, however deep it lies.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.services.errors import InputInvalid

MAX_LIMIT = 500
DEFAULT_LIMIT = 100
MOST_COUNTED = 10_000
"""Nobody works through more: counting ends one beyond it, so that it costs the same however many rows there are."""

Row = TypeVar("Row")


class PageCursorInvalid(InputInvalid):
    """The cursor of a list is none that this server gave out."""

    code = "cursor-invalid"


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which page: after a cursor (from the start without one), at most `limit` rows, counted or not."""

    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
    total: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, where the next page begins (null at the end), and how many rows there are if that was asked.

    A `total` above MOST_COUNTED says that there are more than MOST_COUNTED.
    """

    rows: Sequence[Row]
    next_cursor: str | None
    total: int | None = None


def fetch(
    session: Session,
    query: Select[Row],
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[str],
    asked: PageAsked,
) -> Page[Row]:
    """One page of a query, ordered by `at` and `key`, newest first. Raises PageCursorInvalid."""
    ordered = query.order_by(at.desc(), key.desc()).limit(asked.limit + 1)
    if asked.cursor is not None:
        ordered = ordered.where(_before(at, key, *_read(asked.cursor)))
    rows = session.scalars(ordered).all()
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    total = _counted(session, query, key) if asked.total else None
    return Page(shown, _write(getattr(shown[-1], at.key), getattr(shown[-1], key.key)) if more else None, total)


def _counted(session: Session, query: Select[Row], key: InstrumentedAttribute[str]) -> int:
    """How many rows there are, at most one more than MOST_COUNTED; no column is read but the key."""
    some = query.with_only_columns(key, maintain_column_froms=True).order_by(None).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def every(fetch_page: Callable[[PageAsked], Page[Row]], size: int = 200) -> Iterator[Sequence[Row]]:
    """All rows of a list, a page at a time, so that memory stays flat."""
    asked = PageAsked(limit=size)
    while True:
        page = fetch_page(asked)
        yield page.rows
        if page.next_cursor is None:
            return
        asked = PageAsked(page.next_cursor, size)


def _before(
    at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[str], instant: datetime, last: str
) -> ColumnElement[bool]:
    return or_(at < instant, and_(at == instant, key < last))


def _write(instant: datetime, key: str) -> str:
    text = json.dumps([instant.astimezone(UTC).isoformat(), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, key = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or not isinstance(key, str) or len(key) > 36 or not key.isascii() or "\0" in key:
            raise ValueError("not what _write makes")
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise PageCursorInvalid("This cursor is not one that this list gave; begin again without it.") from None
    return instant, key
