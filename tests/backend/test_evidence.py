"""The log: sealed daily without gaps, proven entry by entry, append-only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.models import DailyRoot, LogRecord
from backend.services import evidence
from backend.transactions import writing
from sync import log_chain, proof_check, receipts
from sync.errors import SyncError
from tests.backend.evidence_office import Office, keys_of
from tests.stories import Server, new_id


@pytest.fixture
def office(server: Server, database: str) -> Office:
    """A history whose first day is sealed, with ops after it."""
    office = Office(server, database)
    server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-22"]
    office.signed.report("露天焚烧")
    assert office.signed.sync().quiet
    return office


@pytest.mark.both_databases
def test_a_day_of_work_verifies(office: Office) -> None:
    code, output = office.verify()
    assert code == 0, output
    assert "op: 6 good" in output
    assert "daily_root: 1 good" in output
    assert "blob: 1 good" in output


@pytest.mark.both_databases
def test_sealing_again_adds_nothing(office: Office, session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(LogRecord))
    assert office.seal()["days"] == []
    session.rollback()
    assert session.scalar(select(func.count()).select_from(LogRecord)) == before


def test_days_follow_one_another_and_the_day_under_way_waits(office: Office, session: Session) -> None:
    office.server.time.pass_by(days=3)
    assert office.seal()["days"] == ["2026-11-23"]
    office.signed.report()
    office.signed.sync()
    office.server.time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-26"]
    roots = session.scalars(select(DailyRoot).order_by(DailyRoot.day)).all()
    assert [root.first_n for root in roots] == [1, *(root.last_n + 1 for root in roots[:-1])]
    assert office.verify()[0] == 0


def test_a_clock_that_jumped_leaves_no_gap(office: Office, session: Session) -> None:
    time = office.server.time
    now = time.at
    time.at = now + timedelta(days=4000)
    office.signed.report()
    office.signed.sync()
    time.at = now
    office.signed.report()
    office.signed.sync()
    time.pass_by(days=1)
    assert office.seal()["days"] == ["2026-11-23"]
    assert office.verify()[0] == 0


def test_an_entry_is_proven_to_be_under_its_days_root(office: Office, session: Session) -> None:
    proof, signed = evidence.proof(session, 3)
    root = receipts.open_sealed(receipts.ROOT, signed, keys_of(office.app.test_client()))
    entry = session.get_one(LogRecord, 3)
    assert log_chain.verify_proof(entry.hash, proof, root["root"])
    assert root["first_n"] == proof.first_n
    assert root["last_n"] == proof.last_n


@pytest.mark.both_databases
def test_a_proof_is_handed_out_and_checked_without_the_server(office: Office, client: FlaskClient) -> None:
    record = office.signed.device.outbox.retained()[0]
    keys = keys_of(client)
    n = receipts.verify(record["result"]["receipt"], keys).log.n
    luo = office.server.token("luo", "supervisor")
    answer = client.get(f"/api/v1/evidence/proof/{n}", headers=luo)
    assert answer.status_code == 200
    printed = office.app.test_cli_runner().invoke(args=["evidence", "proof", str(n)]).output
    said = json.loads(printed)
    assert said == answer.get_json()
    assert proof_check.check(said, keys)["day"] == "2026-11-22"
    assert json.loads(said["entry"]["payload"])["sha256"] == record["sha256"]

    changed: list[dict[str, Any]] = [
        {**said, "entry": {**said["entry"], "payload": said["entry"]["payload"].replace("applied", "rejected")}},
        {**said, "entry": {**said["entry"], "n": n + 1}},
        {**said, "proof": {**said["proof"], "path": said["proof"]["path"][1:]}},
        {**said, "proof": {**said["proof"], "last_n": said["proof"]["last_n"] + 1}},
        {**said, "proof": {**said["proof"], "path": "zz"}},
        {"entry": said["entry"]},
    ]
    for forged in changed:
        with pytest.raises(proof_check.ProofInvalid):
            proof_check.check(forged, keys)
    with pytest.raises(SyncError):
        proof_check.check(said, {})


def test_an_entry_of_today_or_of_no_log_has_no_proof(office: Office, client: FlaskClient) -> None:
    luo = office.server.token("luo", "supervisor")
    for n in (0, 10**6, 2**63 - 1, 2**63, 2**200):
        answer = client.get(f"/api/v1/evidence/proof/{n}", headers=luo)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found"), n
    today = receipts.verify(office.signed.device.outbox.retained()[-1]["result"]["receipt"], keys_of(client)).log.n
    assert client.get(f"/api/v1/evidence/proof/{today}", headers=luo).status_code == 404
    refused = office.app.test_cli_runner().invoke(args=["evidence", "proof", str(today)])
    assert (refused.exit_code, "under no daily root yet" in refused.output) == (1, True)


@pytest.mark.both_databases
@pytest.mark.parametrize("table", ["log_entry", "daily_root", "receipt_key"])
def test_evidence_is_append_only(office: Office, session: Session, table: str) -> None:
    column = {"log_entry": "payload", "daily_root": "root", "receipt_key": "kid"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), writing() as writer:
            writer.connection().exec_driver_sql(statement)


def test_what_a_savepoint_undid_is_not_logged(server: Server, session: Session) -> None:
    """The first of the group is applied and logged, then undone with the second, which waits for its finding."""
    phone = server.phone()
    outbox, group = phone.device.outbox, new_id()
    phone.report()
    report = json.loads(outbox.pending()[0]["body"])["args"]
    outbox.record("finding.report", new_id(), report, group={"id": group, "i": 1, "of": 2})
    comment = {"finding": new_id(), "text": "?", "photos": []}
    outbox.record("finding.comment", new_id(), comment, group={"id": group, "i": 2, "of": 2})
    assert phone.sync().quiet
    assert [result["status"] for result in phone.results()] == ["applied", "held", "held"]
    said = [json.loads(payload) for payload in session.scalars(select(LogRecord.payload).order_by(LogRecord.n))]
    assert {(one["n"], one["status"]) for one in said} == {(1, "applied"), (2, "held"), (3, "held")}
    assert server.app.test_cli_runner().invoke(args=["evidence", "verify"]).exit_code == 0
