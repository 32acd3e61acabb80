"""`flask evidence …`: whether anything was changed behind the server's back, and sealing."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.receipt_key import server_key
from backend.services import evidence
from backend.services.verification import BadRow, Verification
from backend.storage import blobs
from backend.transactions import reading, writing

group = AppGroup("evidence", help="Ops, decisions and photos as evidence.")


@group.command("verify")
@click.option("--blobs", "with_blobs", is_flag=True, help="Also read and hash every photo's bytes again.")
def verify(with_blobs: bool) -> None:
    """Check every op, decision, log entry, daily root and audit event; name the first bad row (exit status 1)."""
    with reading() as session:
        verification = Verification(session, blobs() if with_blobs else None)
        bad = None
        try:
            verification.run()
        except BadRow as error:
            bad = error
    for name, count in sorted(verification.counts.items()):
        click.echo(f"{name}: {count} good")
    for said in verification.restores:
        click.echo(f"restored: backup {said['backup']}, seq {said['head']}, epoch {said['was']} became {said['epoch']}")
    if verification.audit_since is not None and bad is None:
        since = verification.audit_since.isoformat()
        click.echo(f"audit trail: whole from {since} on; what came before was removed under signed checkpoints")
    if bad is not None:
        click.echo(f"BAD: table {bad.table}, row {bad.key}: {bad.what}")
        sys.exit(1)
    click.echo("Nothing was changed behind the server's back.")


@group.command("proof")
@click.argument("n", type=int)
def proof(n: int) -> None:
    """Print the proof that entry N of the log is under its day's signed root; sync.proof_check checks it offline."""
    with reading() as session, spoken():
        click.echo(json.dumps(evidence.proof_document(session, n), ensure_ascii=False, indent=1))


@group.command("seal")
def seal() -> None:
    """Seal the audit trail and sign the roots of complete days now, as the hourly job does."""
    with writing() as session:
        done = evidence.seal(session, server_key().signing, clock.now(), server_key().register)
    click.echo(f"{done['events']} audit events sealed; roots signed for {', '.join(done['days']) or 'no day'}")
