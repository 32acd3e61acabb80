"""The reference device: what a field app does to keep the contract, without a screen.

A device enrols once, records ops and photos at any time without a network, and calls `sync` when there may be one. All
of its state is in its storage, so that it can be made anew over the same storage after a crash. It never deletes
what the server has not said to keep, and a 401 makes it clear nothing.

To write another client, read in this order: `Outbox.record` (an op and its chain), `Device.push` (what each answer
means), `Device.pull` and `Mirror.changes` (rows and scopes), `PhotoUploads` (bytes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync import receipt_check
from sync.device_ports import Answer, Change, DeviceClock, DeviceStorage, IdMaker, Json, Transport, TransportFailed
from sync.mirror import Mirror
from sync.outbox import META, Outbox, Signer
from sync.photo_uploads import PhotoUploads
from sync.receipt_check import ReceiptCheck

NEW_STREAM = ("stream-fork", "signature-invalid", "stream-unknown")
MAX_FRUITLESS = 20  # answers in one push that acknowledge nothing; halving a batch of 200 down to 1 takes 8 of them
MAX_RESYNCS = 5  # in one pull: after that the fault is not in this mirror, and a person has to see it
MAX_STREAMS = 3  # opened in one push: when the third does no better, the fault is not in the chain


class EnrolmentRefused(Exception):
    """The server did not take the invitation; `code` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.json().get("detail", f"status {answer.status}"))
        self.code = answer.code


@dataclass(slots=True)
class SyncReport:
    """What a sync did, in numbers and words that an app can show."""

    acknowledged: int = 0
    pulled: int = 0
    uploaded: int = 0
    resynced: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    """Ops whose receipt does not hold or cannot be checked: flagged for a person, never refused."""
    trouble: str | None = None

    @property
    def quiet(self) -> bool:
        return self.trouble is None


class Device:
    """One installed app. Give it the world through `transport`, `storage`, `clock` and `new_id`."""

    def __init__(
        self,
        transport: Transport,
        storage: DeviceStorage,
        clock: DeviceClock,
        new_id: IdMaker,
        *,
        app: str = "1.0.0",
        signer: Signer | None = None,
        public_key: Mapping[str, str] | None = None,
    ) -> None:
        self.transport = transport
        self.storage = storage
        self.clock = clock
        self.new_id = new_id
        self.app = app
        self.public_key = dict(public_key) if public_key else None
        self.outbox = Outbox(storage, clock, new_id, signer)
        self.mirror = Mirror(storage)
        self.photos = PhotoUploads(storage, self._authorised)
        self.receipts = ReceiptCheck(storage)
        self._streams_opened, self._keys_asked = 0, False

    # -- enrolment ------------------------------------------------------------------------------------------------
    def enrol(self, code: str, name: str, platform: str = "reference") -> None:
        """Take an invitation. Calling it again with the same code after a lost answer is harmless.

        Enrolling anew re-issues everything that is still here in the new stream. Raises EnrolmentRefused,
        TransportFailed.
        """
        install = self.storage.get(META, "install") or {"id": self.new_id()}
        self.storage.write([(META, "install", install)])
        request = {
            "code": code,
            "install": install["id"],
            "name": name,
            "platform": platform,
            "app": self.app,
            "public_key": self.public_key,
        }
        answer = self._send("POST", "/api/v1/devices/enrol", {"Content-Type": "application/json"}, _encode(request))
        if answer.status != 201:
            raise EnrolmentRefused(answer)
        said = answer.json()
        identity: list[Change] = [
            (META, "token", {"token": said["token"]}),
            (META, "token_before", None),
            (META, "server", {"epoch": said["epoch"], "limits": said["limits"], "user": said["user"]}),
        ]
        if said.get("receipt_key") is not None:
            identity += self.receipts.learning([said["receipt_key"]])
        before, server = self.storage.get(META, "stream"), self.storage.get(META, "server")
        if before is not None and before["id"] == said["stream"]:
            if server is not None and server["epoch"] != said["epoch"]:
                identity += self.outbox.unsend_all() + self.photos.unsend() + self._forget_mirror()
        else:
            kept = sorted(self.outbox.all_ops(), key=lambda record: (record["stream"], record["n"]))
            identity += self.outbox.reissue(said["stream"], kept) + self.photos.unsend() + self._forget_mirror()
        self.storage.write(identity)

    def rotate_token(self) -> bool:
        """Ask for a fresh token; the old one works until the new one is used, so a lost answer locks nobody out."""
        answer = self._authorised("POST", "/api/v1/devices/token", {}, b"")
        if answer.status != 201:
            return False
        before = self.storage.get(META, "token")
        self.storage.write([(META, "token", {"token": answer.json()["token"]}), (META, "token_before", before)])
        return True

    @property
    def user_id(self) -> str:
        server = self.storage.get(META, "server") or {}
        return str(server["user"]["id"])

    # -- what a person does -----------------------------------------------------------------------------------------
    def record(self, cmd: str, row: str, args: Mapping[str, Any], base_rev: int | None = None) -> Json:
        """Record an op: durable when it returns, sent when there is a network."""
        return self.outbox.record(cmd, row, args, base_rev)

    def capture(self, data: bytes, media_type: str = "image/jpeg", filename: str = "photo.jpg") -> str:
        """Keep a photo's original bytes; returns their SHA-256."""
        return self.photos.capture(data, media_type, filename)

    # -- sync -------------------------------------------------------------------------------------------------------
    def sync(self) -> SyncReport:
        """Push, upload and pull until nothing is left to do or something stands in the way."""
        report = SyncReport()
        try:
            if self.push(report) and self.upload(report):
                self.pull(report)
        except TransportFailed as error:
            report.trouble = f"no answer: {error}"
        return report

    def push(self, report: SyncReport) -> bool:
        """Send the outbox in batches; True when it is empty.

        A device that waits for a backup asks with an empty batch how far that has got.
        """
        most = int(self._limits()["batch_ops"])
        self._streams_opened, self._keys_asked = 0, False
        told = not self.outbox.retained() and not self.photos.unbacked()
        fruitless = 0
        while fruitless < MAX_FRUITLESS:
            if self.outbox.stranded() and not self._open_stream(report):
                return False
            pending = self.outbox.pending()
            if not pending and told:
                return True
            batch, before = _within(pending[:most], int(self._limits()["batch_bytes"])), report.acknowledged
            answer = self._push_batch(batch)
            if answer.status == 413 and len(batch) > 1:
                most = max(1, len(batch) // 2)
            elif not self._answered(batch, answer, report):
                return False
            else:
                told = told or answer.status == 200
            fruitless += report.acknowledged == before
        report.trouble = "the outbox did not empty"
        return False

    def _push_batch(self, batch: list[Json]) -> Answer:
        request = {
            "app": self.app,
            "device_now": self.clock.now().isoformat(),
            "ops": [{"body": record["body"], "sig": record["sig"]} for record in batch],
        }
        return self._authorised("POST", "/api/v1/sync/push", {"Content-Type": "application/json"}, _encode(request))

    def _answered(self, batch: list[Json], answer: Answer, report: SyncReport) -> bool:
        """Take in an answer; True to go on, False to stop for now with the reason in the report."""
        if answer.status == 200:
            return self._take_results(batch, answer.json(), report)
        if answer.code == "stream-gap":
            expected = int(answer.json()["expected_n"])
            whole = self.outbox.holds_from(expected)
            self.storage.write(self.outbox.unsend_from(expected))
            return whole or self._open_stream(report)
        if answer.code == "op-unreadable":
            self.storage.write(self.outbox.set_aside(batch[int(answer.json()["index"])]))
            return self._open_stream(report)
        if answer.code in NEW_STREAM:
            return self._open_stream(report)
        report.trouble = f"{answer.status} {answer.code}"
        return False

    def _take_results(self, batch: list[Json], said: Json, report: SyncReport) -> bool:
        if self._epoch_changed(said["epoch"]):
            return True
        by_id = {record["id"]: record for record in batch}
        server = self.storage.get(META, "server") or {}
        changes: list[Change] = [(META, "server", {**server, "backed_up_seq": said["backed_up_seq"]})]
        for result in said["results"]:
            if result["status"] == "retry":
                report.trouble = "the server asks to try again later"
                break
            record = by_id[result["id"]]
            receipt = self._receipt_verdict(record, result)
            if receipt in receipt_check.DOUBTFUL:
                report.doubtful.append(record["id"])
            changes += self.outbox.acknowledged({**record, "receipt": receipt}, result)
            report.acknowledged += 1
        self.storage.write(changes)
        return report.trouble is None

    def _receipt_verdict(self, record: Json, result: Json) -> str:
        """What to think of a receipt; of a key that is not known the server is asked, once in a push."""
        verdict = self.receipts.verdict(record, result)
        if verdict != receipt_check.UNKNOWN_KEY or self._keys_asked:
            return verdict
        self._keys_asked = True
        try:
            answer = self._send("GET", "/api/v1/sync/receipt-key", {}, b"")
        except TransportFailed:
            return verdict
        self.storage.write(self.receipts.learning(answer.json().get("keys", [])))
        return self.receipts.verdict(record, result)

    def _open_stream(self, report: SyncReport) -> bool:
        """The way out of a chain that cannot go on."""
        if self._streams_opened == MAX_STREAMS:
            report.trouble = "new streams do not help"
            return False
        self._streams_opened += 1
        request = {"continues": self.outbox.stream()["id"], "public_key": self.public_key}
        headers = {"Content-Type": "application/json"}
        answer = self._authorised("POST", "/api/v1/devices/streams", headers, _encode(request))
        if answer.status != 201:
            report.trouble = f"{answer.status} {answer.code}"
            return False
        self.storage.write(self.outbox.reissue(answer.json()["stream"], self.outbox.unsent()))
        return True

    def upload(self, report: SyncReport) -> bool:
        """Send photo bytes; one that cannot go now does not keep back the others."""
        for sha256, _ in self.photos.waiting():
            report.uploaded += int(self.photos.upload(sha256))
        self.photos.ask_status(self._backed_up(), (self.storage.get(META, "server") or {}).get("epoch"))
        return True

    def pull(self, report: SyncReport) -> bool:
        """Take in what changed; True after a complete page whose digests agree.

        However long the way is: pages are counted only when they end in starting over.
        """
        again: list[str] = []
        resyncs = 0
        while resyncs < MAX_RESYNCS:
            answer = self._authorised("GET", self._pull_path(again), {}, b"")
            if answer.status == 410 or answer.code == "cursor-invalid":
                self._resync(answer)
                report.resynced.append(answer.code)
                resyncs, again = resyncs + 1, []
                continue
            if answer.status != 200:
                report.trouble = f"{answer.status} {answer.code}"
                return False
            page = answer.json()
            if self._epoch_changed(page["epoch"]):
                resyncs, again = resyncs + 1, []
                continue
            self._apply(page, again)
            report.pulled += len(page["entries"])
            again = self.mirror.differing(page["digests"]) if page["complete"] else []
            report.resynced += again
            if page["complete"] and not again:
                self.storage.write(self.outbox.pruning(self._backed_up()))
                return True
            resyncs += page["complete"] or not page["entries"]  # a page with nothing on it leads nowhere either
        where = f" in {', '.join(again)}" if again else ""
        report.trouble = f"the mirror does not agree with the server{where}"
        return False

    def _pull_path(self, again: list[str]) -> str:
        cursor = (self.storage.get(META, "cursor") or {}).get("cursor")
        words = [f"cursor={cursor}"] if cursor else []
        words += [f"again={scope}" for scope in again]
        return "/api/v1/sync/pull" + ("?" + "&".join(words) if words else "")

    def _apply(self, page: Json, again: list[str]) -> None:
        """Rows, results and the cursor in one write, so that a crash leaves either all or nothing of a page."""
        if again:
            self.storage.write(self.mirror.forgetting(again))
        changes = self.mirror.changes(page)
        for entry in page["entries"]:
            if entry["type"] == "op_result" and entry["kind"] == "put":
                changes += self.outbox.decided_later(entry["row"], entry["seq"])
        self.storage.write([*changes, (META, "cursor", {"cursor": page["cursor"]})])

    def _resync(self, answer: Answer) -> None:
        if answer.code == "epoch-changed" and self._epoch_changed(str(answer.json()["epoch"])):
            return
        self.storage.write(self._forget_mirror())

    def _forget_mirror(self) -> list[Change]:
        return [*self.mirror.clearing(), (META, "cursor", None)]

    # -- epochs and backups -----------------------------------------------------------------------------------------
    def _epoch_changed(self, epoch: str) -> bool:
        """After a restore: before anything else, everything that is still here counts as unsent."""
        server = self.storage.get(META, "server") or {}
        if server.get("epoch") == epoch:
            return False
        changes: list[Change] = [(META, "server", {**server, "epoch": epoch, "backed_up_seq": 0})]
        changes += self.outbox.unsend_all() + self.photos.unsend() + self._forget_mirror()
        self.storage.write(changes)
        return True

    def _backed_up(self) -> int:
        return int((self.storage.get(META, "server") or {}).get("backed_up_seq", 0))

    def _limits(self) -> Json:
        limits: Json = (self.storage.get(META, "server") or {})["limits"]
        return limits

    # -- requests -----------------------------------------------------------------------------------------------------
    def _authorised(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """A request with the token. A server restored from a backup may know only the one before it: then that is the
        token again."""

        def asked(token: Json | None) -> Answer:
            bearer = f"Bearer {(token or {}).get('token', '')}"
            return self._send(method, path, {**headers, "Authorization": bearer}, body)

        answer, before = asked(self.storage.get(META, "token")), self.storage.get(META, "token_before")
        if answer.status != 401 or answer.code != "token-invalid" or before is None:
            return answer
        again = asked(before)
        if again.status == 401:
            return answer
        self.storage.write([(META, "token", before), (META, "token_before", None)])
        return again

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return self.transport.send(method, path, headers, body)


def _encode(value: Json) -> bytes:
    return json.dumps(value).encode()


def _within(records: list[Json], most_bytes: int) -> list[Json]:
    """The longest beginning whose bodies, escaped, stay well within a batch; one op at least."""
    taken: list[Json] = []
    total = 1024
    for record in records:
        total += len(json.dumps(record["body"])) + 200
        if taken and total > most_bytes:
            break
        taken.append(record)
    return taken
