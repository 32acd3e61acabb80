"""A finding is a lead until mode, approval and two officers with valid certificates make it evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.models import Certificate
from backend.services import certificates
from backend.transactions import writing
from tests.backend.inspections import answer, submit
from tests.stories import Phone, Server, new_id

SIGNED = {"representative": {"name": "张工"}, "signature": {"refused": True, "reason": "外出", "witness": "李四"}}
DAY = timedelta(days=1)


class Ground:
    """Two officers, one with a phone, and the supervisor who would refer a finding for a penalty."""

    def __init__(self, server: Server, client: FlaskClient) -> None:
        self.server, self.client = server, client
        self.phone: Phone = server.phone("wei")
        self.officers = [server.person("qin"), server.person("mo")]
        self.chief = server.token("luo", "supervisor")

    def certify(self, user: str, number: str, since: timedelta = -DAY, until: timedelta = DAY) -> None:
        now = self.server.time.now()
        made = Certificate(
            id=new_id(),
            number=number,
            plain_number=certificates.plain(number),
            issuer="柳江生态环境局",
            user_id=user,
            valid_from=certificates.day_of(now + since),
            valid_to=certificates.day_of(now + until),
            created_at=now,
        )
        with self.server.app.app_context(), writing() as session:
            session.add(made)

    def inspect(self, **more: Any) -> str:
        """An administrative inspection by both officers; returns the finding that it made."""
        finding = new_id()
        named = [{"user": user, "certificate_no": f"桂B-{n}"} for n, user in enumerate(self.officers)]
        said = {"mode": "administrative", "approval_no": "柳江环检〔2026〕1号", "officers": named, **SIGNED, **more}
        submit(self.phone, answer("straw.zone.no-burning", finding=finding), **said)
        assert self.phone.sync().quiet
        for start, to in (("submitted", "verified"), ("verified", "registered")):
            assert self.step(finding, start, to).status_code == 200
        return finding

    def step(self, finding: str, start: str, to: str) -> Any:
        return self.client.post(
            f"/api/v1/findings/{finding}/steps", json={"from": start, "to": to, "note": "移交"}, headers=self.chief
        )

    def transfer(self, finding: str) -> Any:
        """What the finding lacks to be referred; nothing when it went through."""
        lacks = self.client.get(f"/api/v1/findings/{finding}", headers=self.chief).get_json()["evidence_lacks"]
        done = self.step(finding, "registered", "penalty_transfer")
        if done.status_code == 200:
            assert lacks == []
            return []
        assert (done.status_code, done.get_json()["code"], done.get_json()["lacks"]) == (409, "not-evidence", lacks)
        return lacks


@pytest.fixture
def ground(server: Server, client: FlaskClient) -> Ground:
    return Ground(server, client)


@pytest.mark.both_databases
def test_two_officers_whose_certificates_hold_make_a_finding_evidence(ground: Ground) -> None:
    ground.certify(ground.officers[0], "桂B-0")
    ground.certify(ground.officers[1], "桂ｂ - 1")
    assert ground.transfer(ground.inspect()) == []


def test_certificates_that_nobody_knows_do_not_do_until_they_are_entered(ground: Ground) -> None:
    finding = ground.inspect()
    assert ground.transfer(finding) == ["officers-uncertified"]
    ground.certify(ground.officers[0], "桂B-0")
    assert ground.transfer(finding) == ["officers-uncertified"]
    ground.certify(ground.officers[1], "桂B-1")
    assert ground.transfer(finding) == []


@pytest.mark.parametrize(("since", "until"), [(-2 * DAY, -DAY), (DAY, 2 * DAY)], ids=["past", "to come"])
def test_a_certificate_that_did_not_hold_that_day_does_not_do(
    ground: Ground, since: timedelta, until: timedelta
) -> None:
    ground.certify(ground.officers[0], "桂B-0")
    ground.certify(ground.officers[1], "桂B-1", since, until)
    assert ground.transfer(ground.inspect()) == ["officers-uncertified"]


def test_a_certificate_of_somebody_else_does_not_do(ground: Ground) -> None:
    ground.certify(ground.officers[0], "桂B-0")
    ground.certify(ground.server.person("lan"), "桂B-1")
    assert ground.transfer(ground.inspect()) == ["officers-uncertified"]


def test_a_patrol_and_a_missing_approval_are_told_first(ground: Ground) -> None:
    assert ground.transfer(ground.inspect(approval_no=None)) == ["approval-missing"]
    assert ground.transfer(ground.inspect(mode="patrol")) == ["patrol"]
