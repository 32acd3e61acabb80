"""Several hosts on one PostgreSQL and one S3 store, one of which is killed or cut off: nothing lost, nothing doubled.

Each host has an address, a network namespace and a data folder of its own, and runs what `make run` runs.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psutil
import psycopg
import pytest

from backend.blobs import open_blobs
from sync.client import Device
from sync.device_io import FolderStorage, HttpTransport, SystemClock, new_id
from sync.device_ports import Answer, TransportFailed
from tests import network, seaweedfs
from tests.backend.serving import Served, eventually
from tests.faults.test_killed_at_failpoints import invitation, record_a_finding_with_its_photo
from tests.faults.test_killed_workers import web_workers
from tests.network import Network
from tests.postgresql import ListeningServer, listening_server

FIRST, SECOND = 11, 12
CHUNK = 600  # a photo of these tests goes in three

if os.geteuid() != 0:
    pytest.skip("hosts with addresses of their own need root", allow_module_level=True)


def urls(*hosts: int) -> list[str]:
    return [f"http://{network.of(n)}:8000" for n in hosts]


class Office:
    """What the hosts share, and the hosts."""

    def __init__(self, lan: Network, database: ListeningServer, store: seaweedfs.Seaweedfs, folder: Path) -> None:
        self.lan = lan
        self.folder = folder
        self.store = store
        self.name = f"office_{uuid4().hex}"
        database.execute(f"CREATE DATABASE {self.name}")
        self.database_url = database.url(self.name)
        self.blob_url = seaweedfs.new_url()
        self.hosts: dict[int, Served] = {}
        self.password = ""

    def start(self, n: int, **environment: str) -> Served:
        """Start a host; it is not waited for."""
        within = self.lan.add_host(n) if n not in self.lan.hosts else self.lan.on_host(n)
        self.hosts[n] = Served(
            self.folder / f"host-{n}",
            within=within,
            HOST=network.of(n),
            PORT="8000",
            BLUEGRID_TLS="off",
            BLUEGRID_DATABASE_URL=self.database_url,
            BLUEGRID_BLOB_URL=self.blob_url,
            BLUEGRID_SECRET_KEY="the same on every host",
            **self.store.environment(),
            **environment,
        )
        return self.hosts[n]

    def phone(self, name: str, *hosts: int) -> Phone:
        return Phone(self, name, urls(*hosts))

    def one(self, statement: str) -> int:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(statement.encode()).fetchone()
            assert row is not None
            return int(row[0])


class AnyHost:
    """Each request goes to the next host, as behind a balancer that does not look at anything."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.hosts = [HttpTransport(url, 50) for url in urls]
        self.turn = 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.turn += 1
        return self.hosts[self.turn % len(self.hosts)].send(method, path, headers, body)


class Phone:
    """An inspector's phone, and everything that it ever recorded."""

    def __init__(self, office: Office, name: str, urls: Sequence[str]) -> None:
        self.storage = FolderStorage(office.folder / name)
        self.findings: list[str] = []
        self.through(urls)

    def through(self, urls: Sequence[str]) -> Phone:
        self.transport = AnyHost(urls)
        self.device = Device(self.transport, self.storage, SystemClock(), new_id)
        self.device.photos.chunk_bytes = CHUNK
        return self

    def record(self) -> None:
        self.findings.append(record_a_finding_with_its_photo(self.device))

    def settle(self) -> None:
        eventually(lambda: self.device.sync().quiet and not self.device.photos.waiting(), "the phone has settled")
        assert self.device.sync().quiet
        assert self.device.outbox.pending() == []


def syncing(office: Office, name: str, *hosts: int) -> threading.Thread:
    """A phone's sync under way; it runs in a thread with a connection of its own to the phone's storage."""
    thread = threading.Thread(target=lambda: office.phone(name, *hosts).device.sync(), daemon=True)
    thread.start()
    return thread


class Busy(threading.Thread):
    """A phone that records and syncs without a pause until told to stop, and then settles."""

    def __init__(self, office: Office, code: str, name: str, *hosts: int) -> None:
        super().__init__(daemon=True)
        self.make = lambda: office.phone(name, *hosts)
        self.code = code
        self.phone: Phone | None = None
        self.done = 0
        self.stop = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.phone = phone = self.make()
            eventually(lambda: enrolled(phone.device, self.code), "the phone is enrolled")
            while not self.stop.is_set():
                phone.record()
                phone.device.sync()
                self.done += 1
            phone.settle()
            phone.storage.close()
        except BaseException as error:
            self.failure = error

    def ended(self) -> list[str]:
        self.stop.set()
        self.join(240)
        assert self.failure is None, self.failure
        assert not self.is_alive()
        assert self.phone is not None
        return self.phone.findings


def enrolled(device: Device, code: str) -> bool:
    try:
        device.enrol(code, "phone")
    except TransportFailed:
        return False
    return True


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[Network, ListeningServer, seaweedfs.Seaweedfs]]:
    """The network, and what never fails here."""
    with TemporaryDirectory(prefix="bluegrid-hosts-") as name, Network() as lan, lan.inside():
        folders = [Path(name) / part for part in ("postgresql", "s3")]
        for folder in folders:
            folder.mkdir()
        with (
            listening_server(folders[0], lan.address(2)) as database,
            seaweedfs.running(folders[1], lan.address(3)) as store,
        ):
            yield lan, database, store


@pytest.fixture
def office(services: tuple[Network, ListeningServer, seaweedfs.Seaweedfs], tmp_path: Path) -> Iterator[Office]:
    lan, database, store = services
    office = Office(lan, database, store, tmp_path)
    yield office
    for n, host in office.hosts.items():
        lan.mend(n)
        host.clear_away()


@pytest.fixture
def opened(office: Office) -> Callable[..., Office]:
    """Both hosts serve, started at the same moment on an empty database."""

    def opened(**of_the_first: str) -> Office:
        hosts = [office.start(FIRST, **of_the_first), office.start(SECOND)]
        for host in hosts:
            host.ready()
        said = "\n".join(line for host in hosts for line in host.lines)
        (office.password,) = re.findall(r"one-time password is (\S+)", said)
        return office

    return opened


def everything_is_there(office: Office, findings: Sequence[str], reader: Phone) -> None:
    """Each finding once, each photo whole under its hash, and a phone's mirror that equals the server's rows."""
    reader.settle()
    rows = list(reader.device.mirror.rows("finding"))
    assert sorted(str(row["id"]) for row in rows) == sorted(findings)
    assert len({row["number"] for row in rows}) == len(findings)
    with seaweedfs.spoken_to(office.store):
        blobs = open_blobs(office.blob_url)
    for row in rows:
        for photo in row["photos"]:
            assert photo["stored"]
            with blobs.open(photo["sha256"]) as file:
                assert hashlib.sha256(file.read()).hexdigest() == photo["sha256"]
    assert office.one("SELECT count(*) FROM finding") == len(findings)
    assert office.one("SELECT count(*) FROM op WHERE status <> 'applied'") == 0
    assert office.one("SELECT count(*) FROM blob") == len(findings)


def stopped_worker(host: Served) -> psutil.Process:
    """The web process of a host, once it hangs at its failpoint."""
    return eventually(
        lambda: next((p for p in web_workers(host) if p.status() == psutil.STATUS_STOPPED), None), "the host hangs"
    )


@pytest.mark.slow
def test_two_hosts_set_up_at_once_and_serve_one_phone_by_turns(office: Office, opened: Callable[..., Office]) -> None:
    opened()
    assert office.one("SELECT count(*) FROM user_account") == 1
    assert office.one("SELECT count(*) FROM grid_version") == 1
    assert office.one("SELECT count(*) FROM huey_task") >= 0
    phone = office.phone("phone", FIRST, SECOND)
    phone.device.enrol(invitation(office.hosts[FIRST], office.password), "phone")
    for _ in range(3):
        phone.record()
        phone.device.sync()
    everything_is_there(office, phone.findings, phone)


@pytest.mark.slow
def test_a_host_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    office: Office, opened: Callable[..., Office]
) -> None:
    opened()
    codes = [invitation(office.hosts[FIRST], office.password) for _ in range(3)]
    busy = [Busy(office, code, f"phone-{i}", FIRST, SECOND) for i, code in enumerate(codes)]
    for phone in busy:
        phone.start()
    for _ in range(2):
        so_far = sum(phone.done for phone in busy)
        eventually(lambda n=so_far: sum(phone.done for phone in busy) > n + 6, "the phones work")
        office.hosts[FIRST].clear_away()  # kill -9, the supervisor and all
        so_far = sum(phone.done for phone in busy)
        eventually(lambda n=so_far: sum(phone.done for phone in busy) > n + 6, "the phones go on with one host")
        office.start(FIRST).ready()
    findings = [finding for phone in busy for finding in phone.ended()]
    everything_is_there(office, findings, office.phone("phone-0", SECOND))


@pytest.mark.slow
def test_a_host_cut_off_inside_a_transaction_holds_up_nobody_for_long_and_its_end_comes_to_nothing(
    office: Office, opened: Callable[..., Office]
) -> None:
    """It hangs with the counter's row locked; PostgreSQL must find out by itself that nobody is there any more."""
    opened(BLUEGRID_FAILPOINT="push-before-commit:1:stop")
    one, two = office.phone("one", FIRST), office.phone("two", SECOND)
    two.device.enrol(invitation(office.hosts[SECOND], office.password), "phone")
    one.device.enrol(invitation(office.hosts[SECOND], office.password), "phone")
    one.record()
    two.record()
    pushing = syncing(office, "one", FIRST)
    worker = stopped_worker(office.hosts[FIRST])
    inside = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    assert office.one(inside) == 1
    eventually(lambda: office.lan.heard(FIRST), "no answer is under way to it")
    office.lan.cut(FIRST)
    report = two.device.sync()
    assert report.trouble is None, "the other host could not write"
    office.lan.mend(FIRST)
    worker.resume()
    pushing.join(60)
    one.through(urls(FIRST, SECOND)).settle()
    everything_is_there(office, [*one.findings, *two.findings], two)


@pytest.mark.slow
def test_a_host_cut_off_while_it_waits_for_the_counter_holds_up_nobody_for_long(
    office: Office, opened: Callable[..., Office]
) -> None:
    """It gets the lock after it is gone: the answer that tells it so never arrives, and nothing else is asked."""
    opened()
    one, two = office.phone("one", FIRST), office.phone("two", SECOND)
    for phone in (one, two):
        phone.device.enrol(invitation(office.hosts[SECOND], office.password), "phone")
        phone.record()
    with psycopg.connect(office.database_url) as holder:
        holder.execute("SELECT * FROM counter FOR UPDATE")
        pushing = syncing(office, "one", FIRST)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        eventually(lambda: office.one(waiting), "the host waits for the counter")
        office.lan.cut(FIRST)
        holder.rollback()
    report = two.device.sync()
    assert report.trouble is None, "the other host could not write"
    office.lan.mend(FIRST)
    pushing.join(60)
    one.through(urls(FIRST, SECOND)).settle()
    everything_is_there(office, [*one.findings, *two.findings], two)


@pytest.mark.slow
def test_a_host_cut_off_inside_an_upload_leaves_a_part_that_never_counts(
    office: Office, opened: Callable[..., Office]
) -> None:
    opened(BLUEGRID_FAILPOINT="patch-staged:2:stop")
    phone = office.phone("phone", FIRST)
    phone.device.enrol(invitation(office.hosts[SECOND], office.password), "phone")
    phone.record()
    uploading = syncing(office, "phone", FIRST)
    worker = stopped_worker(office.hosts[FIRST])
    office.lan.cut(FIRST)
    assert office.one("SELECT max(received) FROM upload") == CHUNK
    uploading.join(120)  # the phone gives the request up
    phone.through(urls(SECOND)).device.sync()
    assert office.one("SELECT count(*) FROM upload WHERE completed_at IS NOT NULL") == 1
    assert office.one("SELECT count(*) FROM upload") == 1, "the other host went on with it"
    office.lan.mend(FIRST)
    worker.resume()
    everything_is_there(office, phone.findings, phone.through(urls(FIRST, SECOND)))
