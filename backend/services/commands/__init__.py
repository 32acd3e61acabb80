"""One handler per sync command; the engine calls them, and nobody else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.services.commands.conflict_resolve import ConflictResolve
from backend.services.commands.finding_comment import FindingComment
from backend.services.commands.finding_edit import FindingEdit
from backend.services.commands.finding_place import FindingPlace
from backend.services.commands.finding_report import FindingReport
from backend.services.commands.finding_transition import FindingTransition
from backend.services.commands.fire_point_verify import FirePointVerify
from backend.services.commands.inspection_submit import InspectionSubmit
from backend.services.commands.patrol_submit import PatrolSubmit
from backend.services.commands.photo_add import PhotoAdd
from backend.services.commands.site_propose import SitePropose
from backend.services.commands.task_commands import commands as task_commands
from sync.commands import Handler


def handlers(session: Session) -> dict[str, Handler]:
    """The commands that this server knows."""
    return {
        "inspection.submit": InspectionSubmit(session),
        "finding.report": FindingReport(session),
        "finding.edit": FindingEdit(session),
        "finding.transition": FindingTransition(session),
        "finding.comment": FindingComment(session),
        "finding.place": FindingPlace(session),
        "photo.add": PhotoAdd(session),
        "conflict.resolve": ConflictResolve(session),
        "fire_point.verify": FirePointVerify(session),
        "patrol.submit": PatrolSubmit(session),
        "site.propose": SitePropose(session),
        **task_commands(session),
    }
