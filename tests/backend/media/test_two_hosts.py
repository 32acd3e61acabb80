"""One upload through two hosts that share a database and an S3 store, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import create_app, failpoints
from backend.blobs import Blobs
from backend.clock import Clock
from backend.extensions import db
from backend.models import AuditEvent, Blob, Upload, UploadPart
from backend.services import leftovers, uploads
from backend.transactions import reading
from tests import seaweedfs
from tests.backend.media.media_files import image
from tests.backend.media.media_phone import Phone, sha256
from tests.conftest import settings_for
from tests.stories import FakeTime

pytestmark = pytest.mark.both_databases

PHOTO = image(width=320, height=240)
OTHER = image(width=320, height=240, seed=7)
HASH = sha256(PHOTO)


@dataclass
class Hosts:
    """The same person's phone as each host meets it."""

    apps: list[Flask]
    here: Phone
    there: Phone

    @property
    def blobs(self) -> Blobs:
        store: Blobs = self.apps[0].extensions["bluegrid.blobs"]
        return store


@pytest.fixture
def app(database: str, tmp_path: Path, time: FakeTime, s3_server: seaweedfs.Seaweedfs) -> Iterator[Flask]:
    """The first host."""
    with seaweedfs.spoken_to(s3_server):
        app = create_app(
            replace(settings_for(tmp_path / "one", database), blob_url=seaweedfs.new_url()), Clock(now=time.now)
        )
        yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def hosts(app: Flask, phone: Phone, tmp_path: Path, time: FakeTime) -> Iterator[Hosts]:
    second = create_app(replace(app.extensions["bluegrid.settings"], data=tmp_path / "two"), Clock(now=time.now))
    yield Hosts([app, second], phone, Phone(second.test_client(), phone.token, phone.id))
    failpoints.disarm()
    with second.app_context():
        db.session.remove()
        db.engine.dispose()


def id_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def parts_of(app: Flask, url: str) -> uploads.Parts:
    with app.app_context(), reading() as session:
        user = session.scalars(select(Upload.user_id).where(Upload.id == id_of(url))).one()
        return uploads.find(session, user, id_of(url)).parts


def test_an_upload_begun_on_one_host_goes_on_and_ends_on_the_other(hosts: Hosts, session: Session) -> None:
    url = hosts.here.begin(PHOTO)
    assert hosts.there.patch(url, PHOTO[:1]).headers["Upload-Offset"] == "1"
    assert hosts.here.patch(url, PHOTO[1:1000], 1).headers["Upload-Offset"] == "1000"
    assert hosts.there.head(url).headers["Upload-Offset"] == "1000"
    assert hosts.there.patch(url, PHOTO[1000:], 1000).status_code == 204
    for phone in (hosts.here, hosts.there):
        assert phone.status(HASH)[HASH]["status"] == "stored"
        assert phone.get(HASH).data == PHOTO
        assert phone.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    assert hosts.here.get(HASH, Range="bytes=100-199").data == PHOTO[100:200]
    assert hosts.there.get(f"{HASH}/thumbnail").status_code == 200
    assert hosts.here.get(f"{HASH}/thumbnail").data == hosts.there.get(f"{HASH}/thumbnail").data
    assert session.scalar(select(func.count()).select_from(UploadPart)) == 0
    assert list(hosts.blobs.staged()) == []


def test_a_part_that_comes_late_from_a_host_that_was_cut_off_counts_for_nothing(hosts: Hosts) -> None:
    url = hosts.here.begin(PHOTO)
    hosts.here.patch(url, PHOTO[:1000])

    def overtake() -> None:
        """The first host has put its part and hangs; the phone goes on through the second one."""
        assert hosts.there.patch(url, PHOTO[1000:3000], 1000).headers["Upload-Offset"] == "3000"

    failpoints.arm("patch-staged", overtake)
    late = hosts.here.patch(url, b"x" * 500, 1000)
    assert (late.status_code, late.headers["Upload-Offset"]) == (409, "3000")
    assert hosts.here.patch(url, PHOTO[3000:], 3000).status_code == 204
    assert hosts.there.status(HASH)[HASH]["status"] == "stored"
    assert hosts.there.get(HASH).data == PHOTO


def test_what_a_host_put_and_never_wrote_down_is_no_part_of_the_file(hosts: Hosts) -> None:
    url = hosts.here.begin(PHOTO)
    hosts.here.patch(url, PHOTO[:1000])
    hosts.blobs.stage(id_of(url), 1000, b"put, and then the host was gone", parts_of(hosts.apps[0], url))
    assert hosts.there.head(url).headers["Upload-Offset"] == "1000"
    assert hosts.there.patch(url, PHOTO[1000:], 1000).status_code == 204
    assert hosts.there.get(HASH).data == PHOTO
    assert list(hosts.blobs.staged()) == []


@pytest.mark.parametrize("point", ["blob-half-written", "blob-synced", "blob-renamed", "upload-after-commit"])
def test_two_hosts_that_finish_one_upload_at_once_have_one_effect(hosts: Hosts, session: Session, point: str) -> None:
    url = hosts.here.begin(PHOTO)
    answers = []
    failpoints.arm(point, lambda: answers.append(hosts.there.head(url)))
    assert hosts.here.patch(url, PHOTO).headers["Upload-Offset"] == str(len(PHOTO))
    assert answers[0].headers["Upload-Offset"] == str(len(PHOTO))
    assert session.scalars(select(Blob.sha256)).all() == [HASH]
    assert hosts.here.get(HASH).data == PHOTO
    assert list(hosts.blobs.staged()) == []


def test_two_hosts_that_find_the_wrong_file_at_once_count_it_once(hosts: Hosts, session: Session) -> None:
    url = hosts.here.begin(PHOTO)
    assert hosts.here.patch(url, OTHER).status_code == 460
    failpoints.arm("blob-renamed", lambda: hosts.there.head(url))
    assert hosts.here.patch(url, OTHER).status_code == 204
    assert session.scalars(select(Upload.mismatches)).all() == [uploads.MISMATCHES]
    mismatches = select(func.count()).where(AuditEvent.action == "media.hash-mismatch")
    assert session.scalar(mismatches) == 1


def test_a_finish_that_was_killed_before_its_commit_is_taken_up_by_the_other_host(hosts: Hosts) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    url = hosts.here.begin(PHOTO)
    failpoints.arm("upload-before-commit", die)
    with pytest.raises(Killed):
        hosts.here.patch(url, PHOTO)
    assert hosts.there.head(url).headers["Upload-Offset"] == str(len(PHOTO))
    assert hosts.there.status(HASH)[HASH]["status"] == "stored"


def test_after_a_whole_file_with_another_hash_no_part_of_it_is_used_again(hosts: Hosts) -> None:
    url = hosts.here.begin(PHOTO)
    assert hosts.here.patch(url, OTHER).status_code == 460
    assert hosts.there.patch(url, PHOTO[:500]).headers["Upload-Offset"] == "500"
    assert hosts.here.patch(url, PHOTO[500:], 500).status_code == 204
    assert hosts.here.get(HASH).data == PHOTO


def test_a_lost_part_is_missed_and_the_upload_starts_over(hosts: Hosts) -> None:
    url = hosts.here.begin(PHOTO)
    hosts.here.patch(url, PHOTO[:1000])
    hosts.blobs.discard(id_of(url))
    assert hosts.there.head(url).headers["Upload-Offset"] == "0"
    assert hosts.there.patch(url, PHOTO).status_code == 204


@pytest.mark.parametrize("ended", [True, False])
def test_the_sweep_takes_what_is_left_of_ended_uploads_and_leaves_the_rest(hosts: Hosts, ended: bool) -> None:
    url = hosts.here.begin(PHOTO)
    hosts.here.patch(url, PHOTO[:1000])
    if ended:
        parts = parts_of(hosts.apps[0], url)
        assert hosts.here.client.delete(url, headers=hosts.here.headers()).status_code == 204
        hosts.blobs.stage(id_of(url), 0, b"late", parts[:0])
    with hosts.apps[1].app_context():
        swept = leftovers.sweep(reading, hosts.blobs, datetime.now(UTC) + timedelta(days=2))
    assert swept == {"staged": int(ended), "passing": 0}
    assert [one.name for one in hosts.blobs.staged()] == ([] if ended else [id_of(url)])


def test_a_store_that_cannot_be_used_is_told_and_the_upload_goes_on_afterwards(
    hosts: Hosts, s3_server: seaweedfs.Seaweedfs, tmp_path: Path, make_host: Callable[[], Flask]
) -> None:
    url = hosts.here.begin(PHOTO)
    hosts.here.patch(url, PHOTO[:1000])
    with seaweedfs.spoken_to(s3_server, secret="the wrong secret"):
        blind = make_host()
    refused = Phone(blind.test_client(), hosts.here.token).patch(url, PHOTO[1000:], 1000)
    assert (refused.status_code, refused.json["code"]) == (503, "store-unavailable")
    assert refused.headers["Retry-After"]
    ready = blind.test_client().get("/readyz")
    assert ready.status_code == 503
    assert "AWS_SECRET_ACCESS_KEY" in ready.json["detail"]
    assert hosts.here.client.get("/readyz").json == {"status": "ready"}
    assert hosts.here.client.get("/healthz").json["durability"]["blobs"] == "s3"
    assert hosts.here.patch(url, PHOTO[1000:], 1000).status_code == 204


@pytest.fixture
def make_host(app: Flask, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    made: list[Flask] = []

    def make() -> Flask:
        made.append(create_app(replace(app.extensions["bluegrid.settings"], data=tmp_path / "three")))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()
