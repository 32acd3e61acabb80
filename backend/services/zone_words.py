"""Why a rule holds, in sentences: a verdict on zones said in each language of the catalogue.

Knows verdicts and the catalogue; asks nothing.
"""

from __future__ import annotations

from typing import Any

from backend import catalogue
from backend.services import zones
from geo.zones.rules import NO_RULE, UNDETERMINED, Rule, Verdict


def document(verdict: Verdict) -> dict[str, Any]:
    """A verdict for JSON: what holds, how sure that is, by which zone, which others lie there, and the sentence."""
    rule = deciding(verdict)
    return {
        "subject": verdict.subject.value,
        "outcome": verdict.outcome,
        "certainty": verdict.certainty,
        "share": verdict.share,
        "shares": verdict.shares,
        "zone": zones.summary(verdict.deciding) if verdict.deciding else None,
        "window": rule.window if rule else None,
        "zones": [{"id": each.zone.id, "share": each.share, "window": each.window} for each in verdict.rules],
        "sentence": {language: sentence(verdict, language) for language in catalogue.LANGUAGES},
    }


def deciding(verdict: Verdict) -> Rule | None:
    """The rule that the outcome rests on."""
    return next((rule for rule in verdict.rules if rule.zone is verdict.deciding), None)


def sentence(verdict: Verdict, language: str) -> str:
    """What holds and why, for a person."""

    def word(group: str, code: str) -> str:
        return catalogue.label(language, group, code)

    subject = word("zone_subject", verdict.subject.value)
    zone, rule = verdict.deciding, deciding(verdict)
    if verdict.outcome == NO_RULE or zone is None:
        return word("zone_why", "none").format(subject=subject)
    paper, valid = zone.document, zone.schedule
    form = "undetermined" if verdict.outcome == UNDETERMINED else verdict.certainty
    window = rule.window if rule else "always"
    until = word("zone_why", "until").format(day=valid.valid_to) if valid.valid_to else word("zone_why", "open")
    said = word("zone_why", form).format(
        subject=subject,
        outcome=word("zone_outcome", verdict.outcome),
        kind=word("zone_outcome", zone.kind.value),
        zone=zone.name,
        paper=paper.number or paper.title,
        valid_from=valid.valid_from,
        until=until,
        window=word("zone_why", "always") if window == "always" else window,
        percent=round(verdict.share * 100),
    )
    doubt = "" if zone.confidence == "read" else word("zone_why", zone.confidence)
    return said + doubt
