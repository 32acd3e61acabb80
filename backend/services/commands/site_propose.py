"""`site.propose`: a site that the register lacks, seen in the field; a supervisor accepts or declines it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend import catalogue
from backend.models import Site
from backend.services import numbering, photos, site_register
from backend.services.authors import author
from backend.services.commands import arguments
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpRefused
from sync.ops import Op
from sync.store import OpContext, Store


class ProposeArguments(arguments.Arguments):
    name = arguments.text(200)
    kind = fields.String(required=True, validate=validate.OneOf(catalogue.codes("site_kind")))
    position = arguments.Place(required=True)
    address = arguments.optional_text(300)
    responsible_unit = arguments.optional_text(200)
    responsible_person = arguments.optional_text(80)
    phone = arguments.optional_text(40)
    note = arguments.optional_text()
    photos = arguments.hashes()


@dataclass(frozen=True, slots=True)
class SitePropose:
    """See sync.commands.Handler."""

    session: Session
    versions = frozenset({1})

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        return arguments.read(ProposeArguments, op)

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        assert op.row is not None
        if self.session.get(Site, op.row) is not None:
            raise OpRefused("row-exists", "There is already a site with this id; the first one stands.")
        who = author(self.session, context.author_id)
        hashes = prepared["photos"] or []
        said = {name: prepared[name] for name in ("name", "kind", "position", "address", "responsible_unit")}
        proposed = {
            **said,
            "responsible_person": prepared["responsible_person"],
            "phone": prepared["phone"],
            "code": numbering.proposal_number(self.session, context.received_at),
            "status": "proposed",
            "origin": "proposal",
            "author_id": who.user_id,
            "attributes": {"proposal_note": prepared["note"]},
        }
        photos.hold_if_seen(self.session, who, hashes)
        photos.mention(self.session, context, ("site", op.row), hashes, "scene")
        feed = cast(SqlStore, store)
        site_register.enter(self.session, feed, op.row, context.received_at, proposed, who.user_id)
        return Outcome(rev=1, created=(op.row,))
