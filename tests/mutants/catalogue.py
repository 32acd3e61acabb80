# ruff: noqa: E501 -- a change is a piece of a line as it stands
"""The known bugs: what each breaks, the change that puts it back, and the tests that must then fail."""

from __future__ import annotations

from dataclasses import dataclass, replace

ORDER = "tests/faults/test_commit_order.py"
PAGES = "tests/sync/test_pull.py::test_a_mirror_equals_the_server_whenever_tombstones_are_purged"
POWER = "tests/faults/test_power_loss.py"
EDITS = "tests/backend/test_finding_edits.py"
CLIENT = "tests/sync/test_client.py"
ENGINE = "tests/sync/test_engine.py"
STORE = "tests/conformance/test_store.py"
BACKUPS = "tests/backend/test_backups.py"
RESTORES = "tests/backend/test_restores.py"
MAKING = "backend/backups/creating.py"
INTERLEAVINGS = "tests/faults/test_interleavings.py"
TUS = "tests/backend/media/test_tus_races.py"
TWO_HOSTS = "tests/backend/media/test_two_hosts.py"
SEVERAL_HOSTS = "tests/faults/test_several_hosts.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`changes` are (file, old, new); each old text occurs exactly once in its file.

    `database` is the one on which the torture looks for it; `beyond_torture` says why it cannot find it at all.
    """

    name: str
    law: str
    changes: tuple[tuple[str, str, str], ...]
    tests: tuple[str, ...]
    database: str = "sqlite"
    beyond_torture: str = ""


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
        beyond_torture="the reference device asks for one page after the other",
    ),
    Mutant(
        "a result that ends twice",
        "I2",
        (("backend/sync_store.py", ', OpRecord.status == "held")\n            .values(', ")\n            .values("),),
        (f"{STORE}::test_a_held_op_is_decided_once_and_its_author_is_told",),
        beyond_torture="the engine looks first; the condition is a second belt",
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
    Mutant(
        "bytes placed in the S3 store under a hash that nobody checked",
        "I8",
        (("backend/s3_blobs.py", "            if digest.hexdigest() != sha256:\n", "            if False:\n"),),
        (
            "tests/backend/test_s3_blobs.py"
            "::test_staged_bytes_that_are_others_than_those_hashed_never_stand_under_the_hash",
        ),
    ),
    Mutant(
        "a late part of a cut-off host takes the place of the one that counts",
        "I8",
        (("backend/s3_blobs.py", '{start:012d}-{len(data)}-{uuid.uuid4().hex}"', '{start:012d}"'),),
        ("tests/backend/test_s3_blobs.py::test_two_parts_at_one_offset_stay_apart_and_the_one_written_down_counts",),
    ),
    Mutant(
        "a part counts though another host was first",
        "I8",
        (
            (
                "backend/services/uploads.py",
                "    if not _moved(session, upload, received=received, expires_at=now + LIFETIME):\n"
                "        raise OffsetWrong",
                "    if not _moved(session, upload, received=received, expires_at=now + LIFETIME) and part is None:\n"
                "        raise OffsetWrong",
            ),
        ),
        (f"{TWO_HOSTS}::test_a_part_that_comes_late_from_a_host_that_was_cut_off_counts_for_nothing[sqlite]",),
    ),
    Mutant(
        "a part counts beside the one that it repeats",
        "I8",
        (("backend/services/uploads.py", "        _forget_parts(session, upload.id, part.start)\n", ""),),
        (f"{TWO_HOSTS}::test_an_upload_begun_on_one_host_goes_on_and_ends_on_the_other[sqlite]",),
    ),
    Mutant(
        "a host that vanished inside a transaction keeps the counter",
        "I9",
        (("backend/postgresql_link.py", '    "tcp_keepalives_idle": IDLE_S,\n', ""),),
        (
            f"{SEVERAL_HOSTS}"
            "::test_a_host_cut_off_inside_a_transaction_holds_up_nobody_for_long_and_its_end_comes_to_nothing",
        ),
    ),
    Mutant(
        "a host that vanished before it heard that it has the counter keeps it",
        "I9",
        (("backend/postgresql_link.py", '    "tcp_user_timeout": f"{GONE_AFTER_S * 1000}",\n', ""),),
        (f"{SEVERAL_HOSTS}::test_a_host_cut_off_while_it_waits_for_the_counter_holds_up_nobody_for_long",),
    ),
    Mutant(
        "hosts set one database up at the same time",
        "I2",
        (
            (
                "backend/setup_lock.py",
                '        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": KEY})\n',
                "",
            ),
        ),
        ("tests/backend/test_setup_lock.py::test_a_set_up_waits_for_the_one_under_way_on_another_host",),
    ),
    Mutant(
        "backed_up_seq raised before the backup is durable",
        "I7",
        (
            (
                MAKING,
                "                manifest = self._manifest(folder, now)\n",
                "                manifest = self._manifest(folder, now)\n                self._tell_devices(manifest)\n",
            ),
        ),
        (f"{BACKUPS}::test_nothing_is_said_to_devices_before_the_backup_is_whole_and_has_its_name",),
    ),
    Mutant(
        "photos backed up before the snapshot of the database",
        "I8",
        (
            (
                MAKING,
                '                failpoints.hit("backup-database-copied")\n                manifest = self._manifest(folder, now)\n',
                "                manifest = self._manifest(folder, now)\n"
                '                failpoints.hit("backup-database-copied")\n'
                "                (folder / DATABASE).unlink()\n"
                "                snapshot.take(self.engine, folder / DATABASE)\n"
                "                facts, file = snapshot.facts(folder / DATABASE), hash_of(folder / DATABASE)\n"
                "                manifest = replace(manifest, database=file, head=facts.head, rows=facts.rows)\n",
            ),
        ),
        (f"{BACKUPS}::test_the_photos_are_copied_after_the_snapshot_that_names_them[sqlite]",),
    ),
    Mutant(
        "backed_up_seq raised in an epoch that the backup is not of",
        "I7",
        ((MAKING, "Counter.epoch == manifest.epoch, ", ""),),
        (f"{BACKUPS}::test_a_backup_of_an_epoch_that_has_ended_says_nothing_to_devices",),
    ),
    Mutant(
        "a backup that lacks a photo counts",
        "I7",
        ((MAKING, "            if not manifest.lost:\n", "            if True:\n"),),
        (f"{BACKUPS}::test_a_photo_that_the_server_has_lost_keeps_a_backup_from_counting_until_somebody_says_so",),
    ),
    Mutant(
        "a restore without a new epoch",
        "I7",
        (("backend/backups/restoring.py", "values(epoch=epoch, backed_up_seq", "values(backed_up_seq"),),
        (f"{RESTORES}::test_after_a_restore_devices_send_again_what_came_after_the_backup_photos_too[sqlite]",),
    ),
    Mutant(
        "a restore beside a running server",
        "I1",
        (("backend/in_use.py", "fcntl.LOCK_EX)", "fcntl.LOCK_SH)"),),
        (
            "tests/backend/test_restores_in_place.py::test_a_restore_is_refused_while_somebody_has_the_database_open[sqlite]",
        ),
    ),
    Mutant(
        "a photo deleted on the word of another epoch",
        "I7",
        (
            (
                "sync/photo_uploads.py",
                'same = epoch is None or told.get("epoch", epoch) == epoch',
                "same = True",
            ),
        ),
        ("tests/sync/test_photo_uploads.py::test_bytes_are_not_deleted_on_the_word_of_another_epoch",),
    ),
)

_EXPLORED = {
    "plain sequence cursor": "test_two_writers_and_a_reader[postgresql-long]",
    "head read after the rows, outside the snapshot": "test_two_writers_and_a_reader[postgresql-long]",
    "counter taken late": "test_two_phones_push_to_one_finding[postgresql-long]",
}
EXPLORED = tuple(
    replace(
        one,
        name=f"{one.name} (explored)",
        tests=(f"{INTERLEAVINGS}::{_EXPLORED[one.name]}",),
        beyond_torture="tried above, without the explorer",
    )
    for one in KNOWN
    if one.name in _EXPLORED
)

ALL = (*KNOWN, *OUR_OWN, *EXPLORED)
