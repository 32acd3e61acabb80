"""Keyset pages: an opaque cursor stands for the last row that was shown.

Rows that arrive later never shift a page; a page costs what it shows, however deep it lies.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
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


@dataclass(frozen=True, slots=True)
class Key:
    """A column that rows are ordered by, and what it holds, for a cursor keeps its value."""

    column: Any
    kind: type[datetime] | type[int] | type[str]
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows: no key is ever null, and the last one is unique.

    `name` stands in its cursors, for a cursor of another order means nothing here. `narrowed` adds to a query what the
    keys need, and keeps the rows that have them; those without come after all others, in the order `rest`.
    """

    name: str
    keys: tuple[Key, ...]
    narrowed: Callable[[Select[Any]], Select[Any]] | None = None
    rest: Order | None = None


def fetch(
    session: Session,
    query: Select[Row],
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[str],
    asked: PageAsked,
) -> Page[Row]:
    """One page of a query, ordered by `at` and `key`, newest first. Raises PageCursorInvalid."""
    return ordered(session, query, Order("", (Key(at, datetime), Key(key, str))), asked)


def ordered(session: Session, query: Select[Row], order: Order, asked: PageAsked) -> Page[Row]:
    """One page of a query in an order. Raises PageCursorInvalid."""
    part: Order | None = order
    last: tuple[Any, ...] | None = None
    if asked.cursor is not None:
        part, last = _read(asked.cursor, order)
    found: list[tuple[Order, Sequence[Any]]] = []
    while part is not None and len(found) <= asked.limit:
        found += [(part, row) for row in _some(session, query, part, last, asked.limit + 1 - len(found))]
        part, last = part.rest, None
    shown = found[: asked.limit]
    total = _counted(session, query, order.keys[-1].column) if asked.total else None
    return Page([row[0] for _, row in shown], _write(*shown[-1]) if len(found) > asked.limit else None, total)


def _counted(session: Session, query: Select[Row], key: Any) -> int:
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


def _some(
    session: Session, query: Select[Any], part: Order, last: tuple[Any, ...] | None, limit: int
) -> Sequence[Sequence[Any]]:
    """Rows of one part after `last`, each with the values of its keys."""
    wanted = part.narrowed(query) if part.narrowed else query
    if last is not None:
        wanted = wanted.where(_after(part.keys, last))
    by = [key.column.desc() if key.descending else key.column.asc() for key in part.keys]
    return session.execute(wanted.add_columns(*(key.column for key in part.keys)).order_by(*by).limit(limit)).all()


def _after(keys: tuple[Key, ...], last: tuple[Any, ...]) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these values: later by its first key, or level and so on."""
    found: ColumnElement[bool] = false()
    for key, value in reversed(list(zip(keys, last, strict=True))):
        beyond = key.column < value if key.descending else key.column > value
        found = or_(beyond, and_(key.column == value, found))
    return found


def _write(part: Order, row: Sequence[Any]) -> str:
    values = [each.astimezone(UTC).isoformat() if isinstance(each, datetime) else each for each in row[1:]]
    text = json.dumps([part.name, *values] if part.name else values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, order: Order) -> tuple[Order, tuple[Any, ...]]:
    """The part of an order that a cursor lies in, and the values there."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        name = values.pop(0) if order.name else ""
        part: Order | None = order
        while part is not None and part.name != name:
            part = part.rest
        if part is not None:
            return part, tuple(_value(*each) for each in zip(part.keys, values, strict=True))
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, binascii.Error, RecursionError):
        pass
    raise PageCursorInvalid("This cursor is not one that this list gave; begin again without it.")


def _value(key: Key, said: Any) -> Any:
    """A key's value as a cursor keeps it. Raises ValueError, TypeError, OverflowError for what `_write` never makes."""
    if key.kind is datetime:
        instant = datetime.fromisoformat(said)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    elif key.kind is int:
        if type(said) is int and 0 <= said < 2**63:
            return said
    elif isinstance(said, str) and len(said) <= 36 and said.isascii() and "\0" not in said:
        return said
    raise ValueError("not what _write makes")
