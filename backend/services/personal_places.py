"""Where the database speaks of a person: one table, from which a person's data is exported and erased.

A test holds it against the tables: a column that points to an account and stands nowhere here fails it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from backend import models as m

OWN, WORK = "own", "work"
STEP, RECORD, DUTY = "step", "record", "duty"
"""Why a person's name stays: steps that were signed for, records of what was found, who was on duty."""
SECRETS = frozenset({"password_hash", "token_sha256", "code_sha256", "invite_sha256", "sealed", "install"})
"""Never shown to anybody, the person included."""


@dataclass(frozen=True, slots=True)
class Place:
    """Rows that speak of a person by one of `columns`. Of `own` ones all is exported, of `work` which and when.

    `name_needed`: why the person's name stays while there are such rows; None where the pseudonym will do.
    """

    columns: tuple[InstrumentedAttribute[Any], ...]
    kind: str = WORK
    name_needed: str | None = None

    @property
    def model(self) -> Any:
        return self.columns[0].class_

    @property
    def table(self) -> str:
        name: str = self.model.__tablename__
        return name

    def of(self, user_id: str) -> ColumnElement[bool]:
        """The condition that a row speaks of somebody."""
        return or_(*(column == user_id for column in self.columns))


PLACES = (
    Place((m.User.id,), OWN),
    Place((m.Grant.user_id,), OWN),
    Place((m.Certificate.user_id,), OWN, STEP),
    Place((m.LoginToken.user_id,), OWN),
    Place((m.SecondFactor.user_id,), OWN),
    Place((m.RecoveryCode.user_id,), OWN),
    Place((m.Invite.user_id,), OWN),
    Place((m.Device.user_id,), OWN),
    Place((m.Stream.user_id,), OWN),
    Place((m.RosterEntry.user_id,), OWN, DUTY),
    Place((m.Patrol.author_id,), OWN, DUTY),
    Place((m.AuditEvent.actor_id, m.AuditEvent.subject), OWN),
    Place((m.Finding.author_id,), WORK, RECORD),
    Place((m.Inspection.author_id,), WORK, RECORD),
    Place((m.Comment.author_id,), WORK, RECORD),
    Place((m.Photo.author_id,), WORK, RECORD),
    Place((m.Conflict.author_id, m.Conflict.resolved_by), WORK, RECORD),
    Place((m.CaseStep.by_id, m.CaseStep.approved_by), WORK, STEP),
    Place((m.Case.rectified_by, m.Case.rechecked_by, m.Case.closed_by), WORK, STEP),
    Place((m.Hop.given_by, m.Hop.signed_by, m.Hop.return_asked_by, m.Hop.parked_by), WORK, STEP),
    Place((m.HopExtension.asked_by, m.HopExtension.decided_by), WORK, STEP),
    Place((m.PlaceStep.by_id,), WORK, STEP),
    Place((m.FirePoint.reporter_id, m.FirePoint.assignee_id, m.FirePoint.answered_by), WORK, RECORD),
    Place((m.Draw.by_id,), WORK, STEP),
    Place((m.DrawPublication.by_id,), WORK, STEP),
    Place((m.Task.assignee_id, m.Task.created_by), WORK, RECORD),
    Place((m.TaskCompanion.user_id,), WORK, RECORD),
    Place((m.TaskStep.by_id,), WORK, STEP),
    Place((m.FireDay.by_id,), WORK, RECORD),
    Place((m.FieldWrite.author_id,), WORK, RECORD),
    Place((m.Paper.created_by,), WORK, STEP),
    Place((m.IssuedPaper.by_id,), WORK, STEP),
    Place((m.PaperRevocation.by_id,), WORK, STEP),
    Place((m.PeriodVersion.by_id,), WORK, STEP),
    Place((m.FeedMark.user_id,), OWN),
    Place((m.UnitLink.made_by,), WORK, STEP),
    Place((m.BlobHolder.user_id,)),
    Place((m.Mention.author_id,)),
    Place((m.Upload.user_id,)),
    Place((m.Site.author_id,)),
    Place((m.SiteChange.actor_id,)),
    Place((m.SiteImport.by_id,)),
    Place((m.CountyTable.by_id, m.CountyTable.applied_by), WORK, RECORD),
    Place((m.FireImport.by_id,)),
    Place((m.FireDetection.by_id,)),
    Place((m.FireLink.made_by,)),
    Place((m.ZoneSet.by_id,)),
    Place((m.GridVersion.staged_by,)),
    Place((m.Campaign.created_by,)),
    Place((m.TaskRule.assignee_id, m.TaskRule.created_by)),
    Place((m.ChecklistDraft.author_id,)),
    Place((m.Job.asked_by,)),
    Place((m.Export.asked_by,)),
    Place((m.Period.created_by,)),
    Place((m.PaperTemplate.by_id,)),
    Place((m.WebHook.created_by,)),
)
