"""Lists as files."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from backend import catalogue, clock
from backend.api import access
from backend.api.attachments import XLSX, attachment, digest_of, temporary
from backend.api.findings import FilterArgs
from backend.services import audit, finding_filters
from backend.services.finding_filters import BEIJING
from backend.services.rectification_list import Facts, write_rectification_list
from backend.transactions import reading, writing

blueprint = Blueprint("exports", __name__, url_prefix="/api/v1/exports", description="Lists as files 导出")


class ListArgs(FilterArgs):
    lang = fields.String(load_default=catalogue.DEFAULT, validate=validate.OneOf(catalogue.LANGUAGES))


@blueprint.get("/rectification-list.xlsx")
@blueprint.arguments(ListArgs, location="query", unknown=RAISE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
@access.people("supervisor", "admin")
def rectification_list(args: dict[str, Any]) -> Response:
    """The rectification list (整改清单) of the findings that you may see, with the filters of the list of findings."""
    filters = finding_filters.parse(args)
    file = temporary()
    with reading() as session:
        facts = write_rectification_list(session, access.current_actor(), filters, file, language=args["lang"])
    digest = digest_of(file)
    _note(facts, digest)
    day = clock.now().astimezone(BEIJING).date().isoformat()
    name, plain = f"{catalogue.label(args['lang'], 'list', 'title')}-{day}.xlsx", f"rectification-list-{day}.xlsx"
    return attachment(file, XLSX, name, plain=plain, digest=digest, seq=facts.seq)


def _note(facts: Facts, digest: str) -> None:
    """Every export is in the audit trail; a text that was looked for may name a person and stays out of it."""
    filters = {name: value for name, value in facts.filters.items() if name != "text"}
    with writing() as session:
        audit.record(
            session,
            clock.now(),
            access.current_actor().user_id,
            "export.rectification-list",
            None,
            seq=facts.seq,
            rows=facts.rows,
            filters=filters,
            sha256=digest,
        )
