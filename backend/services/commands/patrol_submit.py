"""`patrol.submit`: somebody was on patrol. Its track, if there is one, comes apart and only where it is wanted."""

from __future__ import annotations

from typing import Any, cast

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Campaign, Patrol
from backend.services import cells, patrols, photos, placing, publishing
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpRefused
from sync.ops import Op
from sync.store import OpContext, Store


class PatrolArguments(arguments.Arguments):
    started_at = arguments.Instant(required=True)
    ended_at = arguments.Instant(required=True)
    campaign = arguments.Uuid(load_default=None, allow_none=True)
    cells = fields.List(
        fields.String(validate=validate.Length(1, 20)),
        load_default=list,
        allow_none=True,
        validate=validate.Length(max=patrols.MOST_CELLS),
        metadata={"description": "What was to be walked; empty: wherever the track leads"},
    )
    position = arguments.Place(load_default=None, allow_none=True)
    note = arguments.optional_text()
    photos = arguments.hashes()
    track = arguments.Sha256(
        load_default=None, allow_none=True, metadata={"description": "Of the track's bytes, which come by themselves"}
    )


class PatrolSubmit:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> dict[str, Any]:
        args = arguments.read(PatrolArguments, op)
        if args["started_at"] > args["ended_at"]:
            raise OpRefused("args-invalid", "The patrol ends before it begins.", errors={"ended_at": ["Too early."]})
        return args

    def apply(self, op: Op, context: OpContext, prepared: dict[str, Any], store: Store) -> Outcome:
        assert op.row is not None
        if self.session.get(Patrol, op.row) is not None:
            raise OpRefused("row-exists", "There is already a patrol with this id; the first one stands.")
        patrol = self._patrol(op, context, prepared)
        self.session.add(patrol)
        self.session.flush()
        hashes = prepared["photos"] or []
        photos.hold_if_seen(self.session, author(self.session, context.author_id), hashes)
        patrols.mention_photos(self.session, context, patrol.id, hashes)
        publishing.patrol(self.session, cast(SqlStore, store), patrol)
        return Outcome(rev=1, created=(patrol.id,))

    def _patrol(self, op: Op, context: OpContext, args: dict[str, Any]) -> Patrol:
        started_at, flags = corrected(args["started_at"], context)
        known = [code for code in args["cells"] or [] if cells.name(code) is not None]
        unknown = [code for code in args["cells"] or [] if code not in known]
        place = placing.place(args["position"], None, started_at) if args["position"] is not None else None
        campaign = self.session.get(Campaign, args["campaign"]) if args["campaign"] else None
        if args["campaign"] and campaign is None:
            flags.append({"code": "campaign-unknown", "detail": args["campaign"]})
        return Patrol(
            id=op.row,
            campaign_id=campaign.id if campaign is not None else None,
            author_id=context.author_id,
            stream_id=context.stream,
            started_at=started_at,
            ended_at=max(started_at, corrected(args["ended_at"], context)[0]),
            received_at=context.received_at,
            cell_code=place.cell_code if place is not None else next(iter(known), None),
            cells=known,
            note=args["note"],
            track="announced" if args["track"] else "none",
            track_sha256=args["track"],
            walked=[],
            missed=[],
            gaps=[],
            flags=[*flags, *({"code": "cell-unknown", "detail": code} for code in unknown)],
            rev=1,
        )
