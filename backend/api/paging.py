"""Query arguments that every list shares, and the body of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from backend.services import pages
from backend.services.pages import DEFAULT_LIMIT, MAX_LIMIT, Page, PageAsked
from backend.services.texts import require_storable


class PageArgs(Schema):
    cursor = fields.String(
        metadata={"description": "`next_cursor` of the page before"}, validate=validate.Length(max=400)
    )
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    total = fields.Boolean(
        load_default=False, metadata={"description": f"Count the rows too, up to {pages.MOST_COUNTED}"}
    )


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a page of rows."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(
                required=True, allow_none=True, metadata={"description": "Send it as `cursor`; null at the end"}
            ),
            "total": fields.Integer(metadata={"description": "Only when asked for with total=true"}),
            "total_exceeded": fields.Boolean(metadata={"description": "Beside `total`: there are more than it says"}),
        },
        name=name,
    )


def page_asked(args: Mapping[str, Any]) -> PageAsked:
    """Which page the arguments of a PageArgs ask for."""
    return PageAsked(args.get("cursor") or None, args["limit"], args["total"])


def page_body(page: Page[Any], items: list[Any], name: str = "items") -> dict[str, Any]:
    """A page as it is sent; `total` only where it was asked for, and whether there are more than it says."""
    body: dict[str, Any] = {name: items, "next_cursor": page.next_cursor}
    if page.total is None:
        return body
    exceeded = page.total > pages.MOST_COUNTED
    return {**body, "total": min(page.total, pages.MOST_COUNTED), "total_exceeded": exceeded}


def storable(args: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments again, if the database can keep every text in them. Raises TextInvalid."""
    for name, value in args.items():
        require_storable(value, name)
    return args
