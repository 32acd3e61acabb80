"""What goes wrong with a demo phone's network: the next answer lost, or a photo cut off once."""

from __future__ import annotations

from collections.abc import Mapping

from sync.device_ports import Answer, Transport, TransportFailed


class ShakyNetwork:
    """A transport that fails once, in the way named; `failed` says whether it has."""

    def __init__(self, http: Transport, trouble: str | None) -> None:
        self.http = http
        self.trouble = trouble
        self.failed = False
        self._chunks = 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.trouble == "photo-cut" and method == "PATCH" and not self.failed:
            self._chunks += 1
            if self._chunks > 1:
                self.failed = True
                raise TransportFailed("the network went in the middle of a photo")
        answer = self.http.send(method, path, headers, body)
        if self.trouble == "answer-lost" and path.endswith("/sync/push") and not self.failed:
            self.failed = True
            raise TransportFailed("the answer was lost on its way")
        return answer
