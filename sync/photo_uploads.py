"""Photo bytes on their way: tus 1.0.0 as a client, resuming at the byte where the last attempt stopped.

Original bytes are deleted only when the server says `stored` with a `seq` that is backed up.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable

from sync.device_ports import Answer, Change, DeviceStorage, Json

PHOTOS = "photo"
PACE = ("meta", "chunk")
SMALLEST_CHUNK = 1024
TUS = {"Tus-Resumable": "1.0.0"}

Send = Callable[[str, str, dict[str, str], bytes], Answer]


class PhotoUploads:
    def __init__(self, storage: DeviceStorage, send: Send, chunk_bytes: int = 1024 * 1024) -> None:
        self.storage = storage
        self.send = send
        known = storage.get(*PACE)
        self.chunk_bytes = chunk_bytes if known is None else min(chunk_bytes, int(known["bytes"]))

    def capture(self, data: bytes, media_type: str, filename: str) -> str:
        """Keep original bytes by their SHA-256, durable before the record that will name them."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self.storage.get(PHOTOS, sha256) is None:
            self.storage.put_bytes(sha256, data)
            record = {
                "size": len(data),
                "media_type": media_type,
                "filename": filename,
                "state": "pending",
                "url": None,
            }
            self.storage.write([(PHOTOS, sha256, record)])
        return sha256

    def waiting(self) -> list[tuple[str, Json]]:
        """Photos that the server does not have whole, smallest first: on a bad network small ones get through."""
        found = [(sha256, record) for sha256, record in self.storage.items(PHOTOS) if record["state"] == "pending"]
        return sorted(found, key=lambda pair: (pair[1]["size"], pair[0]))

    def unbacked(self) -> bool:
        """True when bytes wait here only for a backup."""
        return any(record["state"] in ("sent", "stored") for _, record in self.storage.items(PHOTOS))

    def upload(self, sha256: str) -> bool:
        """Send what the server lacks of one photo; True when it has all of it. Raises TransportFailed."""
        record = self.storage.get(PHOTOS, sha256)
        if record is None or record["state"] != "pending":
            return record is not None
        offset = self._offset(record) if record["url"] else None
        if offset is None:
            offset = self._create(sha256, record)
        while offset is not None and offset < record["size"]:
            offset = self._chunk(sha256, record, offset)
        if offset is None:
            return False
        self._put(sha256, {**record, "state": "sent"})
        return True

    def _create(self, sha256: str, record: Json) -> int | None:
        words = {"sha256": sha256, "filename": record["filename"], "filetype": record["media_type"]}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in words.items())
        headers = {**TUS, "Upload-Length": str(record["size"]), "Upload-Metadata": metadata}
        answer = self.send("POST", "/api/v1/media", headers, b"")
        if answer.status != 201:
            self._refused(sha256, record, answer)
            return None
        record["url"] = answer.headers["location"]
        self._put(sha256, record)
        return int(answer.headers.get("upload-offset", "0"))

    def _offset(self, record: Json) -> int | None:
        """Where to go on; None when the upload is not there any more and has to begin anew."""
        answer = self.send("HEAD", record["url"], TUS, b"")
        return int(answer.headers["upload-offset"]) if answer.status == 200 else None

    def _chunk(self, sha256: str, record: Json, offset: int) -> int | None:
        data = self.storage.read_bytes(sha256, offset, self.chunk_bytes)
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        headers = {
            **TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": f"sha256 {checksum}",
        }
        answer = self.send("PATCH", record["url"], headers, data)
        if answer.status in (204, 409) and "upload-offset" in answer.headers:
            reached = int(answer.headers["upload-offset"])
            return reached if reached != offset else None  # nothing moved: another time
        if answer.status in (404, 410, 460):  # gone, or the whole did not fit its hash: begin anew next time
            record["url"] = None
            self._put(sha256, record)
        if answer.status == 413 and len(data) > SMALLEST_CHUNK:
            self._slow_down(len(data))
            return offset
        return None

    def _slow_down(self, size: int) -> None:
        """Something on the way takes no chunk of `size` bytes: halve, and keep to it after a restart as well."""
        self.chunk_bytes = max(SMALLEST_CHUNK, size // 2)
        self.storage.write([(*PACE, {"bytes": self.chunk_bytes})])

    def _refused(self, sha256: str, record: Json, answer: Answer) -> None:
        """A refusal that no later try can mend is shown; the bytes stay until a person decides."""
        if answer.status in (413, 415, 422):
            self._put(sha256, {**record, "state": "refused", "problem": answer.code})

    def _put(self, sha256: str, record: Json) -> None:
        self.storage.write([(PHOTOS, sha256, record)])

    def ask_status(self, backed_up_seq: int, epoch: str | None = None) -> None:
        """Ask what became of all photos still here; delete bytes that are stored and backed up.

        `epoch` is the one that `backed_up_seq` belongs to: a server restored since counts its `seq` anew.
        """
        known = dict(self.storage.items(PHOTOS))
        hashes = [sha256 for sha256, record in known.items() if record["state"] != "done"]
        for start in range(0, len(hashes), 200):
            asked = hashes[start : start + 200]
            body = json.dumps({"sha256": asked}).encode()
            answer = self.send("POST", "/api/v1/media/status", {"Content-Type": "application/json"}, body)
            if answer.status != 200:
                return
            told = answer.json()
            same = epoch is None or told.get("epoch", epoch) == epoch
            for sha256, said in told["items"].items():
                self._told(sha256, known[sha256], said, backed_up_seq if same else -1)

    def _told(self, sha256: str, record: Json, said: Json, backed_up_seq: int) -> None:
        if said["status"] == "stored":
            done = said["seq"] <= backed_up_seq
            self._put(sha256, {**record, "state": "done" if done else "stored", "seq": said["seq"]})
            if done:
                self.storage.delete_bytes(sha256)
        elif said["status"] == "refused":
            self._put(sha256, {**record, "state": "refused", "problem": said.get("code")})
        elif record["state"] in ("sent", "stored"):
            self._put(sha256, {**record, "state": "pending", "url": None})

    def unsend(self) -> list[Change]:
        """After a restore of the server: every photo whose bytes are still here may have to go again.

        One that was refused too: the server kept its bytes for a person to look at, and may not have them any more.
        """
        return [
            (PHOTOS, sha256, {**record, "state": "pending", "url": None})
            for sha256, record in self.storage.items(PHOTOS)
            if record["state"] in ("sent", "stored", "refused")
        ]
