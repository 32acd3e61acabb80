# ruff: noqa: E501 -- a change is a piece of a line as it stands
"""Bugs of the field app's sync core, which lives in a browser: its guards are tests of vitest."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SYNC = "web/src/field/sync"
DEVICE = f"{SYNC}/device.test.ts"
RECORDING = f"{SYNC}/recording.test.ts"
STORIES = f"{SYNC}/scenarios.test.ts"
BEYOND = "its devices are the reference client's"


def bug(name: str, law: str, file: str, old: str, new: str, guard: str) -> Mutant:
    return Mutant(name, law, ((f"{SYNC}/{file}", old, new),), (guard,), beyond_torture=BEYOND)


WEB = (
    bug(
        "the browser is not asked for strict durability",
        "I1",
        "database.ts",
        "super(name, { chromeTransactionDurability: 'strict' })",
        "super(name)",
        f"{DEVICE}::every write asks the browser for strict durability",
    ),
    bug(
        "what a person did is called kept without being read back",
        "I1",
        "recording.ts",
        "      await this.readBack(records, submission)\n",
        "",
        f"{DEVICE}::a record that cannot be read back is not reported as kept",
    ),
    bug(
        "a photo is called kept without being read back",
        "I8",
        "photos.ts",
        "    if (back === undefined || (await sha256Hex(await back.arrayBuffer())) !== sha256) throw new NotKept(sha256)\n",
        "    if (back === undefined) throw new NotKept(sha256)\n",
        f"{DEVICE}::bytes that the storage gives back changed are not relied on",
    ),
    bug(
        "a record names a photo that is not on the phone",
        "I8",
        "recording.ts",
        "    if (lost !== undefined) throw new NotKept(lost.sha256)\n",
        "",
        f"{RECORDING}::a photo that is not kept here is named by no record",
    ),
    bug(
        "an op does not name the one before it",
        "I10",
        "outbox.ts",
        "      ;[n, prev] = [record.n, record.sha256]\n",
        "      n = record.n\n",
        f"{RECORDING}::what a person did is ops in a chain, its photos after it, and a submission",
    ),
    bug(
        "two tabs fork one chain",
        "I2",
        "database.ts",
        "    if (now?.id !== tip.id || now.n !== tip.n || now.sha256 !== tip.sha256) throw new TipMoved('the chain went on')\n",
        "    if (now?.id !== tip.id) throw new TipMoved('the chain went on')\n",
        f"{RECORDING}::two records at once are one chain",
    ),
    bug(
        "bytes go though a record names them",
        "I8",
        "photos.ts",
        "      if ((await this.db.media.get(sha256))?.state !== 'held') return false\n",
        "",
        f"{RECORDING}::held bytes come back as they were, and go only while no record names them",
    ),
    bug(
        "a draft outlasts its record, to be sent again",
        "I2",
        "recording.ts",
        "  return [...ops, ...moved, ...spent, ['submissions', submission.id, submission]]",
        "  return [...ops, ...moved, ['submissions', submission.id, submission]]",
        f"{RECORDING}::the drafts of a record go with it, in one transaction",
    ),
    bug(
        "ops are let go when acknowledged, before a backup has them",
        "I7",
        "outbox.ts",
        "DECIDED.includes(result.status) && result.seq <= backedUpSeq)",
        "DECIDED.includes(result.status))",
        STORIES,
    ),
    bug(
        "an op that is held is let go",
        "I7",
        "outbox.ts",
        "const DECIDED = ['applied',",
        "const DECIDED = ['held', 'applied',",
        STORIES,
    ),
    bug(
        "ops that the server wants again later leave the outbox",
        "I1",
        "push.ts",
        "        report.trouble = { code: 'retry' }\n        break\n",
        "        report.trouble = { code: 'retry' }\n",
        STORIES,
    ),
    bug(
        "a new epoch is taken for an acknowledgement",
        "I7",
        "push.ts",
        "    if (await this.server.epochChanged(String(said.epoch))) return true\n",
        "",
        STORIES,
    ),
    bug(
        "after a restore acknowledged ops are not sent again",
        "I1",
        "outbox.ts",
        "    return (await this.db.retained.toArray()).flatMap(unsent)\n",
        "    return (await this.db.retained.toArray()).slice(0, 0).flatMap(unsent)\n",
        STORIES,
    ),
)
