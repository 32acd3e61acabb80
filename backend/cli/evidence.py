"""`flask evidence …`: whether anything was changed behind the server's back, sealing, and evidence bundles."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

import click
from flask.cli import AppGroup

from backend import bundle_making, clock
from backend.cli.failures import spoken
from backend.receipt_key import server_key
from backend.services import evidence
from backend.services.verification import BadRow, Verification
from backend.storage import blobs
from backend.transactions import reading, writing
from sync import bundle_check

group = AppGroup("evidence", help="Ops, decisions and photos as evidence.")


@group.command("verify")
@click.argument("bundle", type=click.File("rb"), required=False)
@click.option("--key", "keys", type=click.File("rb"), help="The server's public keys, for a bundle: its receipt-key.")
@click.option("--blobs", "with_blobs", is_flag=True, help="Also read and hash every photo's bytes again.")
def verify(bundle: IO[bytes] | None, keys: IO[bytes] | None, with_blobs: bool) -> None:
    """Check every op, decision, log entry, daily root and audit event; name the first bad row (exit status 1).

    With BUNDLE, an evidence bundle is checked instead, without the database; the first bad file is named.
    """
    if bundle is not None:
        verify_bundle(bundle, keys)
    else:
        verify_database(with_blobs)


def verify_bundle(bundle: IO[bytes], keys: IO[bytes] | None) -> None:
    """See sync.bundle_check."""
    try:
        trusted = None if keys is None else bundle_check.read_keys(keys.read())
        report = bundle_check.check(bundle, trusted)
    except bundle_check.BundleInvalid as error:
        click.echo(f"BAD: {error}")
        sys.exit(1)
    for line in bundle_check.told(report):
        click.echo(line)


def verify_database(with_blobs: bool) -> None:
    """See backend.services.verification."""
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


@group.command("bundle")
@click.argument("finding")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip to write.")
def bundle(finding: str, out: Path) -> None:
    """Write the evidence bundle of FINDING (an id or a number)."""
    part = out.with_name(f"{out.name}.part")
    with spoken():
        try:
            with part.open("w+b") as file:
                facts = bundle_making.make(None, finding, file).facts
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    click.echo(f"{out}: finding {facts.number}, {facts.photos} photos, {facts.ops} ops")
    for lack in facts.missing:
        click.echo(f"NOT INCLUDED: photo {lack['sha256']}: {lack['reason']}")


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
