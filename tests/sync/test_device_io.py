"""The device's real storage and transport: a folder and a socket."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from sync.device_ports import DeviceStorage, MemoryStorage, TransportFailed


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DeviceStorage]:
    if request.param == "memory":
        yield MemoryStorage()
        return
    folder = FolderStorage(tmp_path)
    yield folder
    folder.close()


def test_both_storages_keep_tables_in_the_order_of_their_keys(storage: DeviceStorage) -> None:
    storage.write([("t", "b", {"v": 2}), ("t", "a", {"v": "\ud800"}), ("u", "a", {"v": 3})])
    assert list(storage.items("t")) == [("a", {"v": "\ud800"}), ("b", {"v": 2})]
    storage.write([("t", "a", None), ("t", "b", {"v": 4})])
    assert list(storage.items("t")) == [("b", {"v": 4})]
    assert storage.get("t", "a") is None


def test_a_write_that_fails_halfway_changes_nothing(storage: DeviceStorage) -> None:
    storage.write([("t", "a", {"v": 1})])
    with pytest.raises(TypeError):
        storage.write([("t", "a", {"v": 2}), ("t", "b", {"v": object()})])
    assert list(storage.items("t")) == [("a", {"v": 1})]


def test_bytes_are_read_by_the_piece_and_go_when_told(storage: DeviceStorage) -> None:
    storage.put_bytes("x", b"0123456789")
    assert storage.read_bytes("x", 8, 100) == b"89"
    storage.delete_bytes("x")
    storage.delete_bytes("x")


def test_a_folder_opened_again_has_everything(tmp_path: Path) -> None:
    first = FolderStorage(tmp_path)
    first.write([("t", "a", {"v": 1})])
    first.put_bytes("x", b"abc")
    (tmp_path / "photos" / "y.part").write_bytes(b"cut off")
    second = FolderStorage(tmp_path)
    assert second.get("t", "a") == {"v": 1}
    assert second.read_bytes("x", 0, 10) == b"abc"
    first.close(), second.close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    close_quietly = False
    cut = False
    packed: bytes | None = None

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {self.headers.get('X-Mine', '')}".encode()
        self.send_response(200)
        if type(self).packed is not None and self.headers["Accept-Encoding"] == "gzip":
            self.send_header("Content-Encoding", "gzip")
            body = type(self).packed
        self.send_header("Content-Length", str(len(body) + (10 if type(self).cut else 0)))
        self.send_header("X-Theirs", "yes")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = type(self).close_quietly or type(self).cut

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def http() -> Iterator[tuple[HTTPServer, type[_Answers]]]:
    answers = type("Answers", (_Answers,), {})
    server = HTTPServer(("127.0.0.1", 0), answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server, answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_requests_and_answers_go_over_a_socket(http: tuple[HTTPServer, type[_Answers]]) -> None:
    transport = HttpTransport(f"http://127.0.0.1:{http[0].server_port}")
    answer = transport.send("GET", "/a?b=c", {"X-Mine": "me"}, b"")
    assert (answer.status, answer.body, answer.headers["x-theirs"]) == (200, b"GET /a?b=c me", "yes")
    assert transport.send("POST", f"http://127.0.0.1:{http[0].server_port}/z", {}, b"x").body == b"POST /z "
    transport.close()


def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(http: tuple[HTTPServer, type[_Answers]]) -> None:
    """Guards HttpTransport._drop_if_closed: a push after a rest must not fail for that."""
    server, answers = http
    answers.close_quietly = True
    transport = HttpTransport(f"http://127.0.0.1:{server.server_port}")
    for _ in range(3):
        assert transport.send("GET", "/", {}, b"").status == 200
        assert transport._connection is not None
        if transport._connection.sock is not None:
            transport._connection.sock.recv(1)  # the server's end arrives
        assert transport.send("POST", "/", {}, b"x").status == 200
        transport.close()  # its end may still be on the way


def test_a_cut_off_answer_and_a_dead_server_are_no_answer(http: tuple[HTTPServer, type[_Answers]]) -> None:
    server, answers = http
    answers.cut = True
    transport = HttpTransport(f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(TransportFailed):
        transport.send("GET", "/", {}, b"")
    with pytest.raises(TransportFailed):
        HttpTransport("http://127.0.0.1:1").send("GET", "/", {}, b"")


def test_an_answer_is_asked_for_as_gzip_and_unpacked(http: tuple[HTTPServer, type[_Answers]]) -> None:
    server, answers = http
    answers.packed = gzip.compress("见".encode() * 1000)
    transport = HttpTransport(f"http://127.0.0.1:{server.server_port}")
    assert transport.send("GET", "/", {}, b"").body == "见".encode() * 1000
    for broken in (answers.packed[:-9], b"no gzip"):
        answers.packed = broken
        with pytest.raises(TransportFailed):
            transport.send("GET", "/", {}, b"")
    transport.close()


def test_ids_rise_and_the_clock_knows_its_zone() -> None:
    assert new_id() < new_id()
    clock = SystemClock()
    assert clock.now().tzinfo is not None
    assert clock.mono_ms() <= clock.mono_ms()
