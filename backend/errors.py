"""The one table from exception class to status and `application/problem+json` (RFC 9457).

Nobody else builds a problem body. An unexpected exception becomes a 500 that says nothing of the inside and is logged.
"""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, json, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from backend import built_web, outages, single_sign_on
from backend.api import access, overload
from backend.services import (
    accounts,
    campaigns,
    case_errors,
    county_tables,
    draw_tasks,
    erasure,
    export_errors,
    grids,
    lockout,
    paper_errors,
    periods,
    place_decisions,
    second_factor,
    site_imports,
    site_register,
    supervision,
    task_rules,
    tasks,
    unit_links,
    zones,
)
from backend.services import errors as services
from backend.services import media_errors as media
from checklists.errors import ChecklistError
from geo.errors import GeoError
from sync import errors as sync

log = structlog.get_logger()

STATUS: dict[type[Exception], int] = {
    services.InputInvalid: 422,
    services.NotFound: 404,
    services.Unauthenticated: 401,
    services.LoginFailed: 401,
    single_sign_on.SingleSignOnFailed: 401,
    single_sign_on.SingleSignOnRefused: 401,
    services.NotAllowed: 403,
    services.AlreadyExists: 409,
    services.InviteInvalid: 403,
    services.LinkInvalid: 403,
    services.TooLarge: 413,
    services.StorageFull: 507,
    site_register.RevisionStale: 409,
    site_imports.ImportNotReady: 409,
    county_tables.TableOvertaken: 409,
    zones.ZoneSetNotReady: 409,
    grids.GridNotReady: 409,
    campaigns.CampaignNotReady: 409,
    periods.PeriodNotReady: 409,
    periods.PeriodChanged: 409,
    periods.PeriodFrozen: 409,
    paper_errors.PaperNotOffered: 409,
    paper_errors.PaperSettled: 409,
    paper_errors.NotTheIssuer: 403,
    supervision.SupervisionDecided: 409,
    draw_tasks.DrawOvertaken: 409,
    tasks.TaskTaken: 409,
    tasks.TaskOver: 409,
    task_rules.TaskRuleNotReady: 409,
    place_decisions.PlaceTaken: 409,
    unit_links.UnitLinkNotNow: 409,
    unit_links.UnitLinkUsed: 409,
    unit_links.UnitLinkEnded: 410,
    unit_links.UnitLinkExpired: 410,
    case_errors.StateChanged: 409,
    case_errors.RequestOpen: 409,
    case_errors.HopClosed: 409,
    case_errors.NotEvidence: 409,
    case_errors.RecheckerIsRectifier: 403,
    export_errors.ExportsWaiting: 409,
    export_errors.ExportSeqPassed: 409,
    export_errors.ExportNotReady: 409,
    export_errors.ExportFailed: 409,
    export_errors.ExportGone: 410,
    overload.Overloaded: 503,
    built_web.WebClientMissing: 503,
    access.SignInUnfinished: 403,
    accounts.LastAdmin: 409,
    erasure.ErasureRefused: 409,
    lockout.AccountLocked: 429,
    second_factor.SecondFactorSet: 409,
    second_factor.SecondFactorMissing: 409,
    second_factor.SecondFactorUnreadable: 409,
    services.ServiceError: 422,
    media.TusVersionUnsupported: 412,
    media.HeaderInvalid: 400,
    media.ContentTypeWrong: 415,
    media.OffsetWrong: 409,
    media.LengthExceeded: 400,
    media.ChecksumWrong: 460,
    media.HashWrong: 460,
    media.UploadExpired: 410,
    sync.StreamGap: 409,
    sync.StreamFork: 409,
    sync.SignatureInvalid: 409,
    sync.StreamUnknown: 404,
    sync.OpUnreadable: 422,
    sync.BatchTooLarge: 413,
    sync.CursorInvalid: 422,
    sync.CursorExpired: 410,
    sync.EpochChanged: 410,
    sync.PullSchemaUnsupported: 409,
    sync.StoreFull: 507,
    sync.StoreUnavailable: 503,
    sync.SyncError: 422,
    GeoError: 422,
    ChecklistError: 422,
}


def problem(status: int, code: str, detail: str, extras: dict[str, Any] | None = None) -> Response:
    """A problem+json response; `extras` are typed members beside the standard ones."""
    body = {
        "type": f"urn:bluegrid:problem:{code}",
        "title": HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error",
        "status": status,
        "detail": detail,
        "code": code,
        **(extras or {}),
    }
    response = Response(json.dumps(body), status=status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = "5"
    if "retry_after_s" in body:
        response.headers["Retry-After"] = str(body["retry_after_s"])
    return response


def status_of(error: Exception) -> int:
    """The status of the nearest class in the table."""
    for cls in type(error).__mro__:
        if cls in STATUS:
            return STATUS[cls]
    return 500


def _known(error: Exception) -> Response:
    return problem(status_of(error), getattr(error, "code", "error"), str(error), getattr(error, "extras", None))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    data: dict[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("messages")
    code = {
        404: "not-found",
        405: "method-not-allowed",
        413: "too-large",
        422: "input-invalid",
        429: "too-many-requests",
    }
    extras: dict[str, Any] = {"errors": messages} if messages else {}
    detail = "Some fields are missing or wrong; 'errors' names them." if messages else (error.description or error.name)
    response = problem(status, code.get(status, "http-error"), detail, extras)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    for name, value in (data.get("headers") or {}).items():
        response.headers[name] = value
    return response


def _database(error: DBAPIError | NoConnectionFree) -> Response:
    reason = str(getattr(error, "orig", None) or error)
    if isinstance(error, DBAPIError) and not outages.is_outage(error):
        return _unexpected(error)
    log.error("database-unavailable", path=request.path, reason=reason)
    if outages.is_full(error) or "full" in reason.lower() or "no space" in reason.lower():
        return problem(
            507, "storage-full", "The server's disk is full; nothing was acknowledged. Keep the data and try later."
        )
    return problem(503, "database-unavailable", "The database is busy or unreachable; try again shortly.")


def _disk(error: OSError) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return problem(
            507, "storage-full", "The server's disk is full; nothing was acknowledged. Keep the data and try later."
        )
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected", path=request.path, kind=type(error).__name__)
    return problem(
        500, "internal-error", "Something went wrong on the server; it was logged. Nothing you sent was changed."
    )


def init_app(app: Flask) -> None:
    for base in (services.ServiceError, sync.SyncError, GeoError, ChecklistError):
        app.register_error_handler(base, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(NoConnectionFree, _database)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _unexpected)
