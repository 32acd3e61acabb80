"""Tables: columns and constraints only. One file per aggregate; importing this package registers them all."""

from backend.models.campaign import Campaign, RosterEntry
from backend.models.case import Case, CaseStep, Hop, HopExtension, Office
from backend.models.checklist import ChecklistDraft, ChecklistVersion
from backend.models.conflict import Conflict, FieldWrite
from backend.models.device import Device, DeviceToken, Invite, Stream
from backend.models.draw import Draw
from backend.models.evidence import DailyRoot, LogRecord, ReceiptKey
from backend.models.export import Export
from backend.models.finding import Comment, Finding, FindingCell, FindingTally, PlaceStep
from backend.models.fire_point import FireDay, FireDetection, FireImport, FireImportRow, FireLink, FirePoint
from backend.models.grid import Cell, FormerPlacement, GridActivation, GridVersion
from backend.models.inspection import Inspection
from backend.models.media import Blob, BlobHolder, Mention, Photo, Upload, UploadPart
from backend.models.office import AuditEvent, Job, NumberSeries
from backend.models.patrol import Patrol, PatrolTrack
from backend.models.people import Certificate, Grant, LoginToken, User
from backend.models.site import Site, SiteChange, SiteImport, SiteImportRow
from backend.models.sync import Counter, Entry, OpIdentity, OpRecord, QuarantinedBody, ScopeDigest, SyncedRow
from backend.models.task import Task, TaskStep
from backend.models.unit import ManagementUnit, UnitChange, UnitMember
from backend.models.zone import ZoneSet

__all__ = [
    "AuditEvent",
    "Blob",
    "BlobHolder",
    "Campaign",
    "Case",
    "CaseStep",
    "Cell",
    "Certificate",
    "ChecklistDraft",
    "ChecklistVersion",
    "Comment",
    "Conflict",
    "Counter",
    "DailyRoot",
    "Device",
    "DeviceToken",
    "Draw",
    "Entry",
    "Export",
    "FieldWrite",
    "Finding",
    "FindingCell",
    "FindingTally",
    "FireDay",
    "FireDetection",
    "FireImport",
    "FireImportRow",
    "FireLink",
    "FirePoint",
    "FormerPlacement",
    "Grant",
    "GridActivation",
    "GridVersion",
    "Hop",
    "HopExtension",
    "Inspection",
    "Invite",
    "Job",
    "LogRecord",
    "LoginToken",
    "ManagementUnit",
    "Mention",
    "NumberSeries",
    "Office",
    "OpIdentity",
    "OpRecord",
    "Patrol",
    "PatrolTrack",
    "Photo",
    "PlaceStep",
    "QuarantinedBody",
    "ReceiptKey",
    "RosterEntry",
    "ScopeDigest",
    "Site",
    "SiteChange",
    "SiteImport",
    "SiteImportRow",
    "Stream",
    "SyncedRow",
    "Task",
    "TaskStep",
    "UnitChange",
    "UnitMember",
    "Upload",
    "UploadPart",
    "User",
    "ZoneSet",
]
