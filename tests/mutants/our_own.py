# ruff: noqa: E501 -- a change is a piece of a line as it stands
"""Bugs that this program had once, or that its own parts invite: ops, mirrors, S3, hosts, backups, restores."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

EDITS = "tests/backend/test_finding_edits.py"
ENGINE = "tests/sync/test_engine.py"
STORE = "tests/conformance/test_store.py"
BACKUPS = "tests/backend/test_backups.py"
RESTORES = "tests/backend/test_restores.py"
MAKING = "backend/backups/creating.py"
TWO_HOSTS = "tests/backend/media/test_two_hosts.py"
SEVERAL_HOSTS = "tests/faults/test_several_hosts.py"

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
