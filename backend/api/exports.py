"""Lists as files."""

from __future__ import annotations

import hashlib
import tempfile
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import Response, send_file
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from backend import catalogue, clock
from backend.api import access
from backend.api.findings import FilterArgs
from backend.services import audit, finding_filters
from backend.services.finding_filters import BEIJING
from backend.services.rectification_list import Facts, write_rectification_list
from backend.transactions import reading, writing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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
    file = cast(BinaryIO, tempfile.TemporaryFile(prefix="bluegrid-list-"))  # noqa: SIM115 (closed with the response)
    with reading() as session:
        facts = write_rectification_list(session, access.current_actor(), filters, file, language=args["lang"])
    digest = _digest(file)
    _note(facts, digest)
    return _attachment(file, digest, catalogue.label(args["lang"], "list", "title"), facts)


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    file.seek(0)
    return digest


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


def _attachment(file: BinaryIO, digest: str, title: str, facts: Facts) -> Response:
    day = clock.now().astimezone(BEIJING).date().isoformat()
    response = send_file(file, mimetype=XLSX)
    utf8 = quote(f"{title}-{day}.xlsx", safe="")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"rectification-list-{day}.xlsx\"; filename*=UTF-8''{utf8}"
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Bluegrid-Seq"] = str(facts.seq)
    response.headers["X-Content-SHA256"] = digest
    return response
