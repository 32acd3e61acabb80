"""`finding.comment`: beside a finding, by whoever may act there; append-only."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from backend.transactions import writing
from tests.stories import Phone, Server, jpeg


def comment(phone: Phone, finding: str, words: str = "已通知", photos: tuple[str, ...] = ()) -> None:
    phone.device.record("finding.comment", finding, {"text": words, "photos": list(photos)})
    assert phone.sync().quiet


@pytest.fixture
def finding(server: Server) -> str:
    wei = server.phone("wei")
    found = wei.report()
    wei.sync()
    return found


@pytest.mark.both_databases
def test_a_comment_is_seen_where_its_finding_is_with_its_photos(server: Server, finding: str) -> None:
    qin, far = server.phone("qin"), server.phone("far", grants=("450802",))
    sha256 = qin.device.capture(jpeg())
    comment(qin, finding, photos=(sha256,))
    qin.sync(), far.sync()
    (row,) = qin.device.mirror.rows("comment")
    assert (row["finding"], row["text"], row["by"]) == (finding, "已通知", qin.device.user_id)
    assert row["photos"] == [{"id": None, "sha256": sha256, "role": "scene", "stored": True}]
    assert list(far.device.mirror.rows("comment")) == []


def test_a_comment_from_outside_the_grants_is_held(server: Server, finding: str) -> None:
    far = server.phone("far", grants=("450802",))
    comment(far, finding)
    assert far.last_result()["problem"]["code"] == "right-lost"


def test_the_author_comments_though_the_grant_is_gone(server: Server) -> None:
    wei = server.phone("wei")
    finding = wei.report()
    wei.sync()
    with server.app.app_context(), writing() as session:
        session.execute(text("DELETE FROM user_grant"))
    comment(wei, finding)
    assert wei.last_result()["status"] == "applied"


def test_a_comment_without_words_is_rejected(server: Server, finding: str) -> None:
    qin = server.phone("qin")
    comment(qin, finding, words="")
    assert qin.last_result()["status"] == "rejected"


@pytest.mark.both_databases
def test_comments_that_waited_are_released_in_the_order_of_their_receipt(server: Server) -> None:
    wei, qin = server.phone("wei"), server.phone("qin")
    finding = wei.report()
    for words in ("一", "二", "三"):
        comment(qin, finding, words)
    assert {one["status"] for one in qin.results()} == {"held"}
    wei.sync(), qin.sync()
    assert [one["status"] for one in qin.results()] == ["applied"] * 3
    seqs = [one["seq"] for one in qin.results()]
    assert seqs == sorted(seqs)
