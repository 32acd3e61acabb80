"""Tables: columns and constraints only. One file per aggregate; importing this package registers them all."""

from backend.models.campaign import Campaign, RosterEntry
from backend.models.case import Case, CaseStep, Hop, HopExtension, Office
from backend.models.checklist import ChecklistDraft, ChecklistVersion
from backend.models.conflict import Conflict, FieldWrite
from backend.models.county_table import CountyTable, Statement
from backend.models.device import Device, DeviceToken, Invite, Stream
from backend.models.draw import Draw, DrawPublication
from backend.models.evidence import DailyRoot, LogRecord, ReceiptKey
from backend.models.export import Export
from backend.models.feed import FeedEvent, FeedMark, WebHook, WebHookDelivery
from backend.models.figures import FigureTally, FindingStanding
from backend.models.finding import Comment, Finding, FindingCell, FindingTally, PlaceStep
from backend.models.fire_point import FireDay, FireDetection, FireImport, FireImportRow, FireLink, FirePoint
from backend.models.grid import Cell, FormerPlacement, GridActivation, GridVersion
from backend.models.inspection import Inspection
from backend.models.look_back import LookBack
from backend.models.media import Blob, BlobHolder, Mention, Photo, Upload, UploadPart
from backend.models.office import AuditCheckpoint, AuditEvent, Job, NumberSeries
from backend.models.paper import IssuedPaper, Paper, PaperFinding, PaperIssuer, PaperRevocation, PaperTemplate
from backend.models.patrol import Patrol, PatrolTrack
from backend.models.people import Certificate, Grant, User
from backend.models.period import Period, PeriodRow, PeriodVersion
from backend.models.photo_evidence import PhotoDue, PhotoFlag, PhotoPrint, PhotoSketch
from backend.models.plate import SitePlate, SitePlateChange
from backend.models.sign_in import LoginToken, RecoveryCode, SecondFactor, SignInLock
from backend.models.site import Site, SiteChange, SiteImport, SiteImportRow
from backend.models.supervision import Supervision
from backend.models.sync import Counter, Entry, OpIdentity, OpRecord, QuarantinedBody, ScopeDigest, SyncedRow
from backend.models.task import Task, TaskCompanion, TaskRule, TaskStep
from backend.models.unit import ManagementUnit, UnitChange, UnitMember
from backend.models.unit_reply import UnitLink, UnitPhoto, UnitReply
from backend.models.zone import ZoneSet

__all__ = [
    "AuditCheckpoint",
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
    "CountyTable",
    "DailyRoot",
    "Device",
    "DeviceToken",
    "Draw",
    "DrawPublication",
    "Entry",
    "Export",
    "FeedEvent",
    "FeedMark",
    "FieldWrite",
    "FigureTally",
    "Finding",
    "FindingCell",
    "FindingStanding",
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
    "IssuedPaper",
    "Job",
    "LogRecord",
    "LoginToken",
    "LookBack",
    "ManagementUnit",
    "Mention",
    "NumberSeries",
    "Office",
    "OpIdentity",
    "OpRecord",
    "Paper",
    "PaperFinding",
    "PaperIssuer",
    "PaperRevocation",
    "PaperTemplate",
    "Patrol",
    "PatrolTrack",
    "Period",
    "PeriodRow",
    "PeriodVersion",
    "Photo",
    "PhotoDue",
    "PhotoFlag",
    "PhotoPrint",
    "PhotoSketch",
    "PlaceStep",
    "QuarantinedBody",
    "ReceiptKey",
    "RecoveryCode",
    "RosterEntry",
    "ScopeDigest",
    "SecondFactor",
    "SignInLock",
    "Site",
    "SiteChange",
    "SiteImport",
    "SiteImportRow",
    "SitePlate",
    "SitePlateChange",
    "Statement",
    "Stream",
    "Supervision",
    "SyncedRow",
    "Task",
    "TaskCompanion",
    "TaskRule",
    "TaskStep",
    "UnitChange",
    "UnitLink",
    "UnitMember",
    "UnitPhoto",
    "UnitReply",
    "Upload",
    "UploadPart",
    "User",
    "WebHook",
    "WebHookDelivery",
    "ZoneSet",
]
