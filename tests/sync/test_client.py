"""The reference device against the real app: whatever gets lost, each op has one effect and none is destroyed."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from backend.extensions import db
from backend.models import Counter, Stream
from backend.transactions import writing
from sync import signing
from sync.client import Device, EnrolmentRefused, SyncReport
from sync.device_ports import MemoryStorage, TransportFailed
from sync.outbox import OUTBOX, key_of
from tests.stories import Phone, Server, jpeg
from tests.sync.devices import Crash, CrashingStorage, Scripted, answered, lose_answers, restarted
from tests.sync.world import uid


def row_count(server: Server, table: str) -> int:
    with server.app.app_context():
        found = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        db.session.remove()
        return int(found)


def set_counter(server: Server, **values: object) -> None:
    with server.app.app_context(), writing() as session:
        session.execute(update(Counter).values(**values))


@pytest.fixture
def phone(server: Server) -> Phone:
    return server.phone()


@pytest.mark.parametrize("path", ["/api/v1/sync/push", "/api/v1/media", "/api/v1/sync/pull"])
def test_a_lost_answer_and_a_second_try_have_one_effect(server: Server, phone: Phone, path: str) -> None:
    photo = phone.device.capture(jpeg())
    finding = phone.report(photos=[photo])
    lose_answers(phone, path)
    assert not phone.sync().quiet
    assert phone.sync().quiet
    assert server.findings() == [finding]
    assert [result["status"] for result in phone.results()] == ["applied"]
    row = phone.device.mirror.row("finding", finding)
    assert row is not None
    assert [one["stored"] for one in row["photos"]] == [True]


def test_a_lost_request_has_no_effect_until_it_is_sent_again(server: Server, phone: Phone) -> None:
    finding = phone.report()
    phone.transport.online = False
    assert phone.sync().trouble is not None
    assert server.findings() == []
    phone.transport.online = True
    assert phone.sync().quiet
    assert server.findings() == [finding]


def test_a_lost_answer_to_enrolment_locks_nobody_out(server: Server) -> None:
    server.person("wei")
    phone, code = Phone(server, "wei"), server.invite("wei")
    lose_answers(phone, "/api/v1/devices/enrol")
    with pytest.raises(TransportFailed):
        phone.device.enrol(code, "wei's phone")
    phone.device.enrol(code, "wei's phone")
    phone.report()
    assert phone.sync().quiet
    assert (row_count(server, "device"), row_count(server, "stream")) == (1, 1)


def test_a_code_opens_nothing_for_another_install(server: Server) -> None:
    server.person("wei")
    code = server.invite("wei")
    Phone(server, "wei").device.enrol(code, "first")
    with pytest.raises(EnrolmentRefused) as caught:
        Phone(server, "wei").device.enrol(code, "second")
    assert caught.value.code == "invite-invalid"


def test_a_lost_answer_to_a_rotation_leaves_the_old_token_good(server: Server, phone: Phone) -> None:
    lose_answers(phone, "/api/v1/devices/token")
    with pytest.raises(TransportFailed):
        phone.device.rotate_token()
    phone.report()
    assert phone.sync().quiet
    assert phone.device.rotate_token()
    old = phone.storage.get("meta", "token")
    assert phone.sync().quiet
    assert old == phone.storage.get("meta", "token")


def test_the_old_token_ends_with_the_first_use_of_the_new_one(server: Server, phone: Phone) -> None:
    before = phone.storage.get("meta", "token")
    phone.device.rotate_token()
    new = phone.storage.get("meta", "token")
    phone.storage.write([("meta", "token", before)])
    assert phone.sync().quiet  # the new one was never used
    phone.storage.write([("meta", "token", new)])
    assert phone.sync().quiet
    phone.storage.write([("meta", "token", before)])
    phone.report()
    assert phone.sync().trouble == "401 token-revoked"
    assert len(phone.device.outbox.pending()) == 1  # a 401 never makes a client clear anything


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_crash_at_any_write_neither_loses_nor_doubles(server: Server, after: bool) -> None:
    """Every durable step of recording and syncing is cut once; a new Device over the same storage goes on."""
    server.person("wei")
    set_counter(server, backed_up_seq=10**6)
    reached = 0
    for k in range(1, 40):
        storage = CrashingStorage()
        phone = Phone(server, "wei", storage)
        phone.device.enrol(server.invite("wei"), f"phone {k}")
        storage.arm(k, after=after)
        recorded: list[str] = []
        try:
            data = jpeg(colour=(k, int(after), 0))
            photo = phone.device.capture(data)
            recorded.append(phone.report(f"{k}/1", photos=[photo]))
            recorded.append(phone.report(f"{k}/2"))
            phone.sync()
        except Crash:
            reached = k
        crashed, storage.left = storage.left is None, None
        phone = restarted(server, phone)
        assert phone.sync().quiet
        assert phone.sync().quiet
        assert set(recorded) <= set(server.findings())
        assert phone.device.outbox.pending() == phone.device.outbox.retained() == []
        assert phone.device.photos.waiting() == []
        if not crashed:
            break
    assert reached > 8
    assert storage.files == {}
    descriptions = [server.finding(one).description for one in server.findings()]  # type: ignore[union-attr]
    assert len(descriptions) == len(set(descriptions))


def test_a_server_that_forgot_ops_gets_them_again(server: Server, phone: Phone) -> None:
    """A gap whose ops are all here: they are put back into the outbox, in the same stream."""
    phone.report("1"), phone.report("2")
    script = Scripted(
        answered(409, {"code": "stream-gap", "expected_n": 1}), answered(409, {"code": "stream-gap", "expected_n": 1})
    )
    phone.sync()
    stream = phone.device.outbox.stream()["id"]
    phone.report("3")
    phone.device.transport = script
    phone.device.sync()
    assert [len(body["ops"]) for _, path, body in script.sent if path.endswith("/push")] == [1, 3, 3]
    assert phone.device.outbox.stream()["id"] == stream


def test_a_gap_that_cannot_be_filled_leads_to_a_new_stream_with_all_that_is_left(server: Server, phone: Phone) -> None:
    findings = [phone.report(str(i)) for i in range(3)]
    old = phone.device.outbox.stream()["id"]
    phone.storage.write([(OUTBOX, key_of(old, 1), None)])  # lost on the phone
    assert phone.sync().quiet
    assert phone.device.outbox.stream()["id"] != old
    assert server.findings() == findings[1:]


def test_a_cloned_phone_goes_on_in_a_new_stream_and_nothing_is_lost(server: Server, phone: Phone) -> None:
    phone.report("1")
    phone.sync()
    copy = MemoryStorage()
    copy.tables = {table: dict(rows) for table, rows in phone.storage.tables.items()}
    clone = Phone(server, "wei", copy)
    phone.report("2 on the phone"), clone.report("2 on the clone")
    assert phone.sync().quiet
    assert clone.sync().quiet
    assert len(server.findings()) == 3
    assert clone.device.outbox.stream()["id"] != phone.device.outbox.stream()["id"]
    assert clone.last_result()["status"] == "applied"


def test_an_unreadable_op_is_set_aside_and_quarantined_and_the_rest_goes_on(server: Server, phone: Phone) -> None:
    """Guards set_aside in client._answered: re-issuing what nobody can read would never end."""
    findings = [phone.report(str(i)) for i in range(3)]
    stream = phone.device.outbox.stream()["id"]
    record = phone.storage.get(OUTBOX, key_of(stream, 2))
    assert record is not None
    phone.storage.write([(OUTBOX, key_of(stream, 2), {**record, "body": record["body"][:40]})])
    assert phone.sync().quiet
    assert server.findings() == [findings[0], findings[2]]
    assert len(phone.device.outbox.aside()) == 1
    assert row_count(server, "quarantined_body") == 1


def test_a_signer_that_is_broken_stops_after_a_few_streams(server: Server) -> None:
    """Guards MAX_STREAMS: the fault is not in the chain, and the ops stay."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    phone = server.phone(signer=lambda body: "A" * 86, public_key=signing.jwk_of(key.public_key()))
    phone.report()
    assert phone.sync().trouble == "new streams do not help"
    assert row_count(server, "stream") == 4
    assert len(phone.device.outbox.pending()) == 1


def test_a_signed_stream_is_accepted(server: Server) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    phone = server.phone(signer=lambda body: signing.sign(key, body), public_key=signing.jwk_of(key.public_key()))
    phone.report()
    assert phone.sync().quiet
    assert phone.last_result()["status"] == "applied"


def test_a_batch_that_is_too_large_is_halved_until_it_fits(server: Server, phone: Phone) -> None:
    for i in range(7):
        phone.report(str(i))
    real = phone.device.transport

    class Narrow:
        sizes: list[int] = []

        def send(self, method, path, headers, body):  # type: ignore[no-untyped-def]
            import json

            if path.endswith("/push"):
                self.sizes.append(len(json.loads(body)["ops"]))
                if self.sizes[-1] > 2:
                    return answered(413, {"code": "batch-too-large", "limit": 2})
            return real.send(method, path, headers, body)

    phone.device.transport = narrow = Narrow()
    assert phone.sync().quiet
    assert narrow.sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert len(server.findings()) == 7


def test_retry_stops_the_sync_and_keeps_the_op(phone: Phone) -> None:
    phone.report("1"), phone.report("2")
    one, two = phone.device.outbox.pending()
    applied = {"id": one["id"], "status": "applied", "seq": 1}
    retry = {"id": two["id"], "status": "retry", "seq": 0}
    epoch = (phone.storage.get("meta", "server") or {})["epoch"]
    said = {"epoch": epoch, "backed_up_seq": 0, "results": [applied, retry]}
    phone.device.transport = Scripted(answered(200, said))
    assert phone.device.sync().trouble == "the server asks to try again later"
    assert [record["id"] for record in phone.device.outbox.pending()] == [two["id"]]


def test_ops_are_kept_until_they_are_backed_up(server: Server, phone: Phone) -> None:
    phone.report()
    phone.sync()
    assert len(phone.device.outbox.retained()) == 1
    set_counter(server, backed_up_seq=10**6)
    phone.report()
    phone.sync()
    assert phone.device.outbox.retained() == []


def test_held_ops_are_kept_though_they_are_backed_up(server: Server, phone: Phone) -> None:
    set_counter(server, backed_up_seq=10**6)
    phone.device.record("finding.comment", uid("nowhere"), {"text": "x", "photos": []})
    phone.sync()
    assert [result["status"] for result in phone.results()] == ["held"]


def test_a_new_epoch_makes_a_device_send_everything_again(server: Server, phone: Phone) -> None:
    """Guards client._epoch_changed; the server still has the ops, so they are replays."""
    photo = phone.device.capture(jpeg())
    finding = phone.report(photos=[photo])
    phone.sync()
    set_counter(server, epoch="another")
    report = SyncReport()
    assert phone.device.pull(report)
    assert report.resynced == ["epoch-changed"]
    assert len(phone.device.outbox.pending()) == 1
    assert len(phone.device.photos.waiting()) == 1
    assert phone.sync().quiet
    assert phone.device.outbox.pending() == phone.device.photos.waiting() == []
    assert server.findings() == [finding]
    assert phone.device.mirror.row("finding", finding) is not None


def test_a_device_without_a_cursor_learns_of_a_restore_before_it_deletes_anything(server: Server, phone: Phone) -> None:
    """Guards the epoch of a page in client.pull: without a cursor no 410 tells of it."""
    phone.report()
    phone.sync()
    known = phone.storage.get("meta", "server") or {}
    phone.storage.write([("meta", "server", {**known, "backed_up_seq": 10**6}), ("meta", "cursor", None)])
    set_counter(server, epoch="another")
    assert phone.device.pull(SyncReport())
    assert len(phone.device.outbox.pending()) == 1


def test_a_device_with_nothing_to_send_learns_of_a_restore_and_of_a_backup(server: Server, phone: Phone) -> None:
    """Guards the empty batch of client.push."""
    phone.device.capture(jpeg())
    phone.report()
    phone.sync()
    set_counter(server, epoch="another")
    assert phone.sync().acknowledged == 1
    set_counter(server, backed_up_seq=10**6)
    assert phone.sync().quiet
    assert phone.device.outbox.retained() == []
    assert phone.storage.files == {}
    sent = len(phone.transport.sent)
    assert phone.sync().quiet
    assert {path for _, path in phone.transport.sent[sent:]} & {"/api/v1/sync/push"} == set()


def test_a_new_epoch_met_in_a_push_is_not_taken_for_an_acknowledgement(server: Server, phone: Phone) -> None:
    phone.report("1")
    phone.sync()
    set_counter(server, epoch="another")
    phone.report("2")
    assert phone.sync().quiet
    pushes = [path for _, path in phone.transport.sent if path.endswith("/push")]
    assert len(pushes) == 3  # the first sync, the one that told of the epoch, everything again
    assert len(server.findings()) == 2


def test_an_expired_or_foreign_cursor_replaces_the_mirror_and_nothing_else(server: Server, phone: Phone) -> None:
    finding = phone.report("1")
    phone.sync()
    phone.transport.online = False
    phone.report("pending")
    phone.transport.online = True
    for broken in ("garbage", "expired"):
        if broken == "garbage":
            phone.storage.write([("meta", "cursor", {"cursor": "garbage"})])
        else:
            set_counter(server, tombstone_floor=10**5, value=10**5 + 10)
        assert phone.device.pull(report := phone.device.sync()) is True
        assert report.resynced == [{"garbage": "cursor-invalid", "expired": "cursor-expired"}[broken]]
    assert phone.device.mirror.row("finding", finding) is not None


def test_a_mirror_that_differs_pulls_the_scope_again(server: Server, phone: Phone) -> None:
    finding = phone.report()
    phone.sync()
    phone.storage.write([("mirror", f"finding|{finding}", None)])
    report = phone.sync()
    assert report.quiet
    assert "area:450206" in report.resynced
    assert phone.device.mirror.row("finding", finding) is not None


def test_a_server_that_forgot_the_stream_opens_a_new_one(server: Server, phone: Phone) -> None:
    """A backup older than the newest stream, but not than the enrolment. Guards devices.open_stream."""
    phone.report("1")
    phone.sync()
    phone.storage.write([("meta", "stream", {**phone.device.outbox.stream(), "id": uid("forgotten")})])
    finding = phone.report("2")
    assert phone.sync().quiet
    assert server.finding(finding) is not None
    assert row_count(server, "stream") == 2


def test_enrolling_anew_sends_everything_that_is_kept_again_and_doubles_nothing(server: Server, phone: Phone) -> None:
    photo = phone.device.capture(jpeg())
    finding = phone.report(photos=[photo])
    phone.sync()
    set_counter(server, epoch="older")
    again = server.invite("wei")
    phone.device.enrol(again, "wei's phone")
    assert phone.sync().quiet
    assert server.findings() == [finding]
    assert phone.results()[-1]["status"] == "applied"


def test_a_revoked_devices_ops_are_held_for_thirty_days_and_refused_after(server: Server, phone: Phone) -> None:
    from backend.services import devices

    stream = phone.device.outbox.stream()["id"]
    with server.app.app_context(), writing() as session:
        devices.revoke(session, stream, server.time.now())
    phone.report("1")
    server.time.pass_by(days=30)
    assert phone.sync().trouble == "401 token-revoked"  # the push went, the pull did not
    assert phone.last_result()["problem"]["code"] == "stream-revoked"
    phone.report("2")
    server.time.pass_by(seconds=1)
    assert phone.sync().trouble == "401 token-revoked"
    assert len(phone.device.outbox.pending()) == 1
    assert server.findings() == []


def test_a_device_enrolled_on_a_stream_that_continues_keeps_its_tips(server: Server, phone: Phone) -> None:
    phone.report()
    phone.sync()
    with server.app.app_context():
        assert db.session.get_one(Stream, phone.device.outbox.stream()["id"]).last_n == 1
        db.session.remove()
    page = phone.raw("GET", "/api/v1/sync/pull").json()
    assert page["streams"] == {phone.device.outbox.stream()["id"]: 1}


def test_recording_needs_no_network_but_an_enrolment(server: Server) -> None:
    device = Device(Scripted(), MemoryStorage(), server.phone().clock, lambda: uid("x"))
    with pytest.raises(LookupError):
        device.record("row.put", uid("r"), {})


def test_after_a_restore_ops_of_a_stream_that_was_given_up_are_sent_again_too(server: Server, phone: Phone) -> None:
    """Guards outbox.unsend_all: the server may have forgotten what an earlier stream was acknowledged."""
    finding = phone.report("一")
    assert phone.sync().quiet
    assert phone.device._open_stream(SyncReport())  # the chain could not go on; nothing was pending
    set_counter(server, epoch="another")
    assert phone.sync().quiet
    assert server.findings() == [finding]
    assert row_count(server, "op") == 2  # the same op again in the new stream, which this server recognised
    assert [one["result"]["status"] for one in phone.device.outbox.retained()] == ["applied"]
    assert phone.device.outbox.unsent() == []
