# ruff: noqa: E501 -- a change is a piece of a line as it stands
"""The known bugs: what each breaks, the change that puts it back, and the tests that must then fail."""

from __future__ import annotations

from dataclasses import dataclass

ORDER = "tests/faults/test_commit_order.py"
POWER = "tests/faults/test_power_loss.py"
EDITS = "tests/backend/test_finding_edits.py"
CLIENT = "tests/sync/test_client.py"
ENGINE = "tests/sync/test_engine.py"
STORE = "tests/conformance/test_store.py"
TUS = "tests/backend/media/test_tus_guards.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`changes` are (file, old, new); each old text occurs exactly once in its file."""

    name: str
    law: str
    changes: tuple[tuple[str, str, str], ...]
    tests: tuple[str, ...]


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
    ),
    Mutant(
        "a pull in more than one snapshot",
        "I4",
        (("backend/transactions.py", '"isolation_level": "REPEATABLE READ"', '"isolation_level": "READ COMMITTED"'),),
        (f"{ORDER}::test_a_pull_sees_one_snapshot_whatever_is_committed_beside_it[postgresql]",),
    ),
    Mutant(
        "counter taken late",
        "I4",
        (
            ("sync/engine.py", "    if not all(replays):\n        store.lock_counter()\n", ""),
            (
                "backend/sync_store.py",
                '        if not self._reserved:\n            raise RuntimeError("the counter is not locked")\n'
                "        if self._next",
                "        if self._next",
            ),
        ),
        (f"{ORDER}::test_every_transaction_that_writes_entries_takes_the_counter_before_any_other_write",),
    ),
    Mutant(
        "synchronous=NORMAL",
        "I1",
        (("backend/durability.py", "PRAGMA synchronous=FULL", "PRAGMA synchronous=NORMAL"),),
        ("tests/backend/test_health.py::test_health_tells_the_durability_settings_in_force",),
    ),
    Mutant(
        "no fsync of the folder",
        "I8",
        (("backend/blobs.py", "        for folder in folders:\n            self._disk.sync_folder(folder)\n", ""),),
        (f"{POWER}::test_what_was_acknowledged_outlives_the_power",),
    ),
    Mutant(
        "no fsync of the file",
        "I8",
        (("backend/blobs.py", "            self._disk.sync(descriptor)\n", ""),),
        (f"{POWER}::test_the_power_may_go_at_any_call",),
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

OUR_OWN = (
    Mutant(
        "no claim on a re-issued op",
        "I2",
        (("backend/sync_store.py", "            self._claim(op, kept.context.author_id)\n", ""),),
        ("tests/torture/test_torture.py::test_a_story_that_once_failed_holds[two-clones-reissue-one-op]",),
    ),
    Mutant(
        "after a restore only the present stream is sent again",
        "I1",
        (
            (
                "sync/client.py",
                "        changes += self.outbox.unsend_all() +",
                "        changes += self.outbox.unsend_from(1) +",
            ),
        ),
        ("tests/torture/test_torture.py::test_a_story_that_once_failed_holds[restore-then-new-stream]",),
    ),
    Mutant(
        "a digest that forgets what left",
        "I3",
        (
            (
                "backend/sync_store.py",
                '            if was == "put":\n                n, x = n - 1',
                "            if False:\n                n, x = n - 1",
            ),
        ),
        (f"{STORE}::test_digests_equal_a_recount_after_any_history",),
    ),
    Mutant(
        "leave told as delete",
        "I5",
        (("backend/sync_store.py", 'seq, gone="leave")', 'seq, gone="delete")'),),
        (f"{STORE}::test_a_row_that_moves_leaves_where_it_was_and_a_withdrawn_one_is_deleted",),
    ),
    Mutant(
        "rows of a lost scope stay in the mirror",
        "I5",
        (("sync/mirror.py", "dict(self._without(removed)) if removed else {}", "{}"),),
        ("tests/sync/test_mirror.py::test_a_lost_scope_takes_its_rows_unless_they_are_in_another",),
    ),
    Mutant(
        "comments stay behind when their finding moves",
        "I5",
        (
            (
                "backend/services/commands/finding_edit.py",
                "            publishing.finding_and_what_hangs_on_it(self.session, cast(SqlStore, store), finding)\n",
                "            publishing.finding(self.session, cast(SqlStore, store), finding)\n",
            ),
        ),
        (f"{EDITS}::test_what_hangs_on_a_finding_moves_with_it",),
    ),
    Mutant(
        "a parent frees nobody",
        "I9",
        (
            (
                "sync/engine.py",
                "            for waiting in self.store.waiting_for(row_id):\n",
                "            for waiting in ():\n",
            ),
        ),
        (f"{ENGINE}::test_a_held_op_is_released_by_its_parents_arrival_and_told_so",),
    ),
    Mutant(
        "a held op is let go",
        "I7",
        (("sync/outbox.py", 'DECIDED = ("applied",', 'DECIDED = ("held", "applied",'),),
        ("tests/sync/test_outbox.py::test_only_decided_and_backed_up_ops_are_let_go",),
    ),
    Mutant(
        "a photo is deleted before it is backed up",
        "I7",
        (("sync/photo_uploads.py", '            done = said["seq"] <= backed_up_seq\n', "            done = True\n"),),
        ("tests/sync/test_photo_uploads.py::test_bytes_are_deleted_only_when_stored_and_backed_up",),
    ),
    Mutant(
        "an older row overwrites a newer one",
        "I3",
        (
            (
                "sync/mirror.py",
                '    if now is not None and now["seq"] > entry["seq"]:\n        return {**now, "scopes": scopes}\n',
                "",
            ),
        ),
        ("tests/sync/test_mirror.py::test_an_older_seq_never_overwrites_a_newer_one",),
    ),
    Mutant(
        "a result that ends twice",
        "I2",
        (("backend/sync_store.py", ', OpRecord.status == "held")\n            .values(', ")\n            .values("),),
        (f"{STORE}::test_a_held_op_is_decided_once_and_its_author_is_told",),
    ),
    Mutant(
        "the log keeps what a savepoint undid",
        "I10",
        (("backend/sync_store.py", "            log.back_to(mark)\n", ""),),
        ("tests/backend/test_evidence.py::test_what_a_savepoint_undid_is_not_logged",),
    ),
    Mutant(
        "ops of a revoked device are applied",
        "I2",
        (("sync/engine.py", "        if self.revoked:\n", "        if False:\n"),),
        (f"{ENGINE}::test_all_ops_of_a_revoked_stream_are_held_and_no_parent_frees_them",),
    ),
    Mutant(
        "the cursor of a page that was cut moves to the head",
        "I4",
        (("sync/pull.py", "    upto = head if complete else entries[-1].seq\n", "    upto = head\n"),),
        ("tests/sync/test_pull.py::test_every_page_size_brings_every_row_once",),
    ),
)

ALL = (*KNOWN, *OUR_OWN)
