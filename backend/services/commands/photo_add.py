"""`photo.add`: what a person says of a photo. Its bytes and its subject come when they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from backend.models import Photo
from backend.services import judging, photos, publishing, under_way
from backend.services.authors import author
from backend.services.clocks import corrected
from backend.services.commands import arguments
from backend.sync_store import SqlStore
from sync.commands import Outcome
from sync.errors import OpRefused
from sync.ops import Op
from sync.store import OpContext, Store


class SubjectArguments(arguments.Arguments):
    type = fields.String(required=True, validate=validate.Regexp(arguments.SUBJECT_TYPE))
    id = arguments.Uuid(required=True)


class PhotoArguments(arguments.Arguments):
    sha256 = arguments.Sha256(required=True)
    size = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**40))
    media_type = arguments.text(80)
    captured_at = arguments.Instant(required=True)
    position = arguments.Place(load_default=None, allow_none=True)
    source = fields.String(required=True, validate=validate.OneOf(("camera", "gallery")))
    subject = fields.Nested(SubjectArguments, required=True)
    role = fields.String(required=True, validate=validate.OneOf(("before", "after", "scene", "document", "signature")))


@dataclass(frozen=True, slots=True)
class Prepared:
    args: dict[str, Any]

    def names(self) -> Iterable[str]:
        """See sync.commands.Foreseen."""
        return self.args["sha256"], self.args["subject"]["id"]


class PhotoAdd:
    """See sync.commands.Handler."""

    versions = frozenset({1})

    def __init__(self, session: Session) -> None:
        self.session = session

    def prepare(self, op: Op, context: OpContext) -> Prepared:
        return Prepared(arguments.read(PhotoArguments, op))

    def apply(self, op: Op, context: OpContext, prepared: Prepared, store: Store) -> Outcome:
        assert op.row is not None
        args = prepared.args
        if under_way.find(self.session, Photo, op.row) is not None:
            raise OpRefused("row-exists", "There is already a photo with this id; the first one stands.")
        who = author(self.session, context.author_id)
        subject = (args["subject"]["type"], args["subject"]["id"])
        photo = self._photo(op, context, args)
        photos.add(self.session, photo)
        photos.hold_if_seen(self.session, who, [photo.sha256])
        photos.mention(self.session, context, subject, [photo.sha256], photo.role)
        photos.check(self.session, photo)
        publishing.republish(self.session, cast(SqlStore, store), subject)
        judging.photo_came(self.session, cast(SqlStore, store), photo)
        return Outcome(rev=1, created=(photo.id,))

    def _photo(self, op: Op, context: OpContext, args: dict[str, Any]) -> Photo:
        assert op.row is not None
        captured_at, flags = corrected(args["captured_at"], context)
        position = args["position"]
        lon, lat = position.canonical() if position is not None else (None, None)
        return Photo(
            id=op.row,
            sha256=args["sha256"],
            size=args["size"],
            media_type=args["media_type"],
            source=args["source"],
            role=args["role"],
            subject_type=args["subject"]["type"],
            subject_id=args["subject"]["id"],
            author_id=context.author_id,
            stream_id=context.stream,
            captured_at=captured_at,
            captured_at_sent=str(op.args["captured_at"]),
            received_at=context.received_at,
            position=position.to_wire() if position is not None else None,
            lon=lon,
            lat=lat,
            flags=flags,
        )
