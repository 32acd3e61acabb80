# ruff: noqa: E501 -- a change is a piece of a line as it stands
"""Bugs that others had, or that anybody would make: of the sync core, photos and the database."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ORDER = "tests/faults/test_commit_order.py"
PAGES = "tests/sync/test_pull.py::test_a_mirror_equals_the_server_whenever_tombstones_are_purged"
POWER = "tests/faults/test_power_loss.py"
EDITS = "tests/backend/test_finding_edits.py"
CLIENT = "tests/sync/test_client.py"
ENGINE = "tests/sync/test_engine.py"
TUS = "tests/backend/media/test_tus_races.py"

KNOWN = (
    Mutant(
        "plain sequence cursor",
        "I4",
        (
            (
                "backend/sync_store.py",
                "        value, *self._about = self._behind.connection.execute(",
                "        with self.session.get_bind().connect() as outside, outside.begin():\n"
                "          value, *self._about = outside.execute(",
            ),
        ),
        (f"{ORDER}::test_no_pull_passes_a_change_that_is_not_yet_committed[postgresql]",),
        database="postgresql",
    ),
    Mutant(
        "head read after the rows, outside the snapshot",
        "I4",
        (
            (
                "sync/pull.py",
                "    epoch, head = store.epoch(), store.head()\n",
                "    epoch, head = store.epoch(), 2**61\n",
            ),
            (
                "sync/pull.py",
                "    complete = not more and not cut\n",
                "    complete, head = not more and not cut, store.head()\n",
            ),
            ("backend/transactions.py", '"isolation_level": "REPEATABLE READ"', '"isolation_level": "READ COMMITTED"'),
        ),
        (f"{ORDER}::test_a_pull_sees_one_snapshot_whatever_is_committed_beside_it[postgresql]",),
        database="postgresql",
    ),
    Mutant(
        "a cursor older than the tombstones kept goes on",
        "I5",
        (("sync/pull.py", "    if 0 < cursor.since < floor:\n", "    if cursor.since < 0:\n"),),
        (PAGES,),
    ),
    Mutant(
        "a cursor's age told by its positions",
        "I9",
        (
            (
                "sync/pull.py",
                "    if 0 < cursor.since < floor:\n",
                "    if any(0 < at < floor for at in cursor.positions.values()):\n",
            ),
        ),
        (PAGES,),
    ),
    Mutant(
        "a page in the middle counted as all that left",
        "I5",
        (("sync/pull.py", "max(since, min(reached.values(), default=head))", "head"),),
        (PAGES,),
    ),
    Mutant(
        "tombstones removed without raising the floor",
        "I5",
        (
            (
                "backend/services/tombstones.py",
                "        .where(Counter.tombstone_floor < floor)\n",
                "        .where(Counter.tombstone_floor < 0)\n",
            ),
        ),
        (
            "tests/backend/test_tombstones.py::"
            "test_a_device_that_was_away_for_500_days_starts_anew_and_loses_nothing[sqlite]",
        ),
    ),
    Mutant(
        "a pull in more than one snapshot",
        "I4",
        (("backend/transactions.py", '"isolation_level": "REPEATABLE READ"', '"isolation_level": "READ COMMITTED"'),),
        (f"{ORDER}::test_a_pull_sees_one_snapshot_whatever_is_committed_beside_it[postgresql]",),
        database="postgresql",
    ),
    Mutant(
        "counter taken late",
        "I4",
        (
            ("sync/engine.py", "        store.lock_counter()\n        store.foresee", "        store.foresee"),
            (
                "backend/sync_store.py",
                '        if not self._reserved:\n            raise RuntimeError("the counter is not locked")\n'
                "        if self._next",
                "        if self._next",
            ),
        ),
        (f"{ORDER}::test_every_transaction_that_writes_entries_takes_the_counter_before_any_other_write",),
        database="postgresql",
    ),
    Mutant(
        "synchronous=NORMAL",
        "I1",
        (("backend/durability.py", "PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL"),),
        ("tests/backend/test_health.py::test_health_tells_the_durability_settings_in_force",),
        beyond_torture="it kills processes, and cuts no power",
    ),
    Mutant(
        "no fsync of the folder",
        "I8",
        (
            (
                "backend/folder_blobs.py",
                "        for folder in folders:\n            self._disk.sync_folder(folder)\n",
                "",
            ),
        ),
        (f"{POWER}::test_what_was_acknowledged_outlives_the_power",),
        beyond_torture="it kills processes, and cuts no power",
    ),
    Mutant(
        "no fsync of the file",
        "I8",
        (("backend/folder_blobs.py", "            self._disk.sync(descriptor)\n", ""),),
        (f"{POWER}::test_the_power_may_go_at_any_call",),
        beyond_torture="it kills processes, and cuts no power",
    ),
    Mutant(
        "select-then-insert idempotency of a push",
        "I2",
        (
            ("backend/sync_store.py", "    .with_for_update(of=Stream)\n", ""),
            (
                "backend/api/sync.py",
                "_stored(actor, batch, app, in_hurry=True)",
                "_stored(actor, batch, app, in_hurry=False)",
            ),
        ),
        ("tests/backend/test_push_together.py::test_two_equal_pushes_at_once_have_one_effect[postgresql]",),
        database="postgresql",
    ),
    Mutant(
        "select-then-insert of a blob's holder",
        "I2",
        (
            (
                "backend/services/photos.py",
                "    statement = dialect.insert(BlobHolder).on_conflict_do_nothing()\n",
                "    statement = dialect.insert(BlobHolder)\n",
            ),
        ),
        (f"{TUS}", "tests/backend/media/test_media_status.py"),
    ),
    Mutant(
        "pending ops purged on revoke",
        "I7",
        (
            (
                "sync/client.py",
                "        if answer.code in NEW_STREAM:\n",
                '        if answer.status == 401:\n            self.storage.write([("outbox", k, None) for k, _ in '
                'self.storage.items("outbox")])\n        if answer.code in NEW_STREAM:\n',
            ),
        ),
        ("tests/backend/test_device_life.py::test_after_thirty_days_a_revoked_device_is_refused_and_keeps_everything",),
    ),
    Mutant(
        "replay by number alone",
        "I1",
        (
            (
                "sync/chain.py",
                "            if known.get(op.n) != op.sha256:\n                raise StreamFork(op.n, tip.n + 1)\n",
                "",
            ),
        ),
        (f"{ENGINE}::test_other_bytes_under_a_stored_number_are_a_fork",),
    ),
    Mutant(
        "replay by id alone",
        "I1",
        (
            (
                "sync/engine.py",
                "            same = found is not None and found.op.sha256 == was.sha256 and found.op.stream == was.stream\n",
                "            same = found is not None\n",
            ),
        ),
        ("tests/sync/test_engine_was.py::test_was_with_other_bytes_does_not_find_an_op",),
    ),
    Mutant(
        "geometry left out of the merge",
        "I6",
        (("sync/merge.py", "        if name in theirs:\n", '        if name in theirs and name != "position":\n'),),
        (f"{EDITS}::test_position_is_one_field_of_the_merge",),
    ),
    Mutant(
        "offset without compare-and-set",
        "I8",
        (
            (
                "backend/services/uploads.py",
                "Upload.id == upload.id, Upload.received == upload.received, ",
                "Upload.id == upload.id, ",
            ),
        ),
        (f"{TUS}::test_an_offset_that_another_host_moved_meanwhile_is_not_moved_again",),
    ),
    Mutant(
        "bytes that went bad still called stored",
        "I8",
        (
            (
                "backend/services/media.py",
                ' if blob.status == "stored" and blob.lost_at is None]',
                ' if blob.status == "stored"]',
            ),
            (
                "backend/services/media.py",
                "            and blob.lost_at is None\n            and (blob.status",
                "            and (blob.status",
            ),
        ),
        ("tests/backend/media/test_scrubbing.py::test_a_photo_that_went_bad_is_asked_for_again_and_counts_again",),
    ),
    Mutant(
        "staged bytes of an upload under way swept",
        "I8",
        (("backend/services/leftovers.py", "            if name not in known:\n", "            if name:\n"),),
        ("tests/backend/media/test_leftovers.py::test_an_upload_under_way_keeps_its_bytes_however_old",),
    ),
    Mutant(
        "result stored after the answer",
        "I1",
        (
            (
                "backend/api/sync.py",
                "    with writing() as session:\n        key = server_key()\n",
                "    from backend.extensions import db\n"
                "    session = db.session()\n    session.rollback()\n"
                "    session.connection(execution_options={'write': True})\n"
                "    if True:\n        key = server_key()\n",
            ),
            (
                "backend/api/sync.py",
                "    return _json(orjson.dumps(answer))\n",
                "    response = _json(orjson.dumps(answer))\n"
                "    response.call_on_close(session.commit)\n    return response\n",
            ),
        ),
        (f"{ORDER}::test_the_commit_of_a_push_comes_before_its_answer_begins",),
    ),
    Mutant(
        'own earlier edits counted as "meanwhile"',
        "I6",
        (("sync/merge.py", " and change.stream not in own_streams]", "]"),),
        (f"{EDITS}::test_ones_own_earlier_edit_is_never_meanwhile",),
    ),
    Mutant(
        "epoch ignored when pruning",
        "I7",
        (
            (
                "sync/client.py",
                '        if self._epoch_changed(said["epoch"]):\n            return True\n',
                "",
            ),
        ),
        (f"{CLIENT}::test_a_new_epoch_met_in_a_push_is_not_taken_for_an_acknowledgement",),
    ),
)
