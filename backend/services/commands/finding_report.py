"""`finding.report`: a finding seen outside a checklist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Finding, Site
from backend.services import checklists, finding_rules, findings, placing
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.services.placing import Placed
from sync.commands import Outcome
from sync.errors import OpRefused
from sync.ops import Op
from sync.store import OpContext, Store


class ReportArguments(arguments.Arguments):
    topic = fields.String(required=True, validate=validate.Regexp(arguments.TOPIC))
    item = arguments.optional_text(80)
    description = arguments.text()
    severity = fields.String(required=True, validate=validate.OneOf(("minor", "moderate", "serious")))
    found_at = arguments.Instant(required=True)
    position = arguments.Place(load_default=None, allow_none=True)
    photos = arguments.hashes()
    site = arguments.Uuid(load_default=None, allow_none=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    args: dict[str, Any]
    placed: Placed | None

    def names(self) -> Iterable[str]:
        """See sync.commands.Foreseen."""
        return self.args["photos"] or ()


class FindingReport:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> Prepared:
        args = arguments.read(ReportArguments, op)
        if args["position"] is None:
            return Prepared(args, None)
        return Prepared(args, placing.place(args["position"], None, corrected(args["found_at"], context)[0]))

    def apply(self, op: Op, context: OpContext, prepared: Prepared, store: Store) -> Outcome:
        assert op.row is not None
        args = prepared.args
        found = checklists.newest_with_item(self.session, args["item"]) if args["item"] else None
        if args["item"] and found is None:
            raise OpRefused("unknown-item", f"No checklist has the item {args['item']}.", item=args["item"])
        found_at, clock_flags = corrected(args["found_at"], context)
        if prepared.placed is not None:
            placed = placing.under_lock(prepared.placed, args["position"], found_at)
        else:
            placed = placing.place(None, self._site_point(args["site"]), found_at)
        who = author(self.session, context.author_id)
        finding = Finding(
            id=op.row,
            topic=args["topic"],
            description=args["description"],
            severity=args["severity"],
            grade="lead",
            source="report",
            site_id=args["site"],
            found_at=found_at,
            found_at_sent=str(op.args["found_at"]),
            flags=[*placed.flags, *clock_flags, *placing.rights_flags(who, placed)],
        )
        if found is not None:
            finding_rules.put(finding, *found)
        return findings.create(self.session, store, finding, placed, who, context, args["photos"] or [])

    def _site_point(self, site_id: str | None) -> tuple[float, float] | None:
        site = self.session.get(Site, site_id) if site_id else None
        return (site.lon, site.lat) if site and site.lon is not None and site.lat is not None else None
