"""The attention queue: whatever could not be applied is shown to someone who can decide."""

from __future__ import annotations

import base64
import hashlib

import pytest
from flask.testing import FlaskClient

from backend.extensions import db
from backend.models import Grant
from tests.stories import Phone, Server, jpeg

pytestmark = pytest.mark.both_databases


def queue(client: FlaskClient, who: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    answer = client.get("/api/v1/attention", headers=who)
    assert answer.status_code == 200
    return answer.get_json()


def op_path(item: dict[str, object], verb: str) -> str:
    return f"/api/v1/attention/ops/{item['stream']}/{item['n']}/{verb}"


def take_grants(server: Server, user: str) -> None:
    with server.app.app_context():
        db.session.query(Grant).filter(Grant.user_id == user).delete()
        db.session.commit()
        db.session.remove()


@pytest.fixture
def held_comment(server: Server) -> Phone:
    """A comment on another's finding, by someone whose grants are gone meanwhile."""
    author = server.phone("wei")
    finding = author.report()
    author.sync()
    other = server.phone("qin")
    other.sync()
    other.device.record("finding.comment", finding, {"text": "我也看到了", "photos": []})
    take_grants(server, other.device.user_id)
    other.sync()
    assert other.last_result()["problem"]["code"] == "right-lost"
    return other


def test_a_held_op_is_let_through_by_a_supervisor_and_its_author_is_told(
    held_comment: Phone, client: FlaskClient, server: Server
) -> None:
    admin = server.token("boss", "admin")
    (item,) = queue(client, admin)["held"]
    again = client.post(op_path(item, "retry"), json={}, headers=admin)
    assert again.get_json()["status"] == "held"
    through = client.post(op_path(item, "retry"), json={"approve": True}, headers=admin)
    assert through.get_json()["status"] == "applied"
    assert queue(client, admin)["held"] == []
    held_comment.sync()
    assert held_comment.last_result()["status"] == "applied"


def test_a_held_op_is_dismissed_with_a_reason_that_its_author_reads(
    held_comment: Phone, client: FlaskClient, server: Server
) -> None:
    admin = server.token("boss", "admin")
    (item,) = queue(client, admin)["held"]
    answer = client.post(op_path(item, "dismiss"), json={"reason": "不属本辖区"}, headers=admin)
    assert answer.get_json()["status"] == "rejected"
    held_comment.sync()
    result = held_comment.last_result()
    assert (result["status"], result["problem"]["detail"]) == ("rejected", "不属本辖区")
    later = client.post(op_path(item, "retry"), json={"approve": True}, headers=admin)
    assert later.get_json()["status"] == "rejected"  # a result ends once


def test_a_supervisor_sees_the_queue_of_the_own_area_only(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    phone.report(item="no.such-item")
    phone.sync()
    near = server.token("luo", "supervisor", ("450206",))
    far = server.token("mo", "supervisor", ("450802",))
    assert [item["problem"]["code"] for item in queue(client, near)["rejected"]] == ["unknown-item"]
    assert queue(client, far)["rejected"] == []
    (item,) = queue(client, near)["rejected"]
    assert client.post(op_path(item, "retry"), json={}, headers=far).status_code == 404


def test_an_op_that_waits_for_its_parent_is_shown_after_five_days(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    phone.device.record("finding.comment", phone.device.new_id(), {"text": "补充", "photos": []})
    phone.sync()
    admin = server.token("boss", "admin")
    assert queue(client, admin)["held"] == []
    server.time.pass_by(days=5)
    admin = server.token("boss2", "admin")
    assert [item["problem"]["code"] for item in queue(client, admin)["held"]] == ["parent-missing"]


def test_the_child_of_a_rejected_op_is_put_before_a_supervisor_at_once(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    finding = phone.report(item="no.such-item")
    phone.device.record("finding.comment", finding, {"text": "补充", "photos": []})
    phone.sync()
    admin = server.token("boss", "admin")
    (item,) = queue(client, admin)["held"]
    assert (item["row"], item["problem"]["code"]) == (finding, "parent-missing")  # type: ignore[index]
    assert client.post(op_path(item, "dismiss"), json={"reason": "所指问题未登记"}, headers=admin).status_code == 200
    phone.sync()
    assert phone.last_result()["status"] == "rejected"


def test_refused_media_is_shown_with_its_reason(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    sha256 = phone.device.capture(b"this is no photo")
    phone.report(photos=[sha256])
    assert phone.sync().quiet
    assert phone.raw("POST", "/api/v1/media/status", {"sha256": [sha256]}).json()["items"][sha256]["code"]
    near, far = server.token("luo", "supervisor"), server.token("mo", "supervisor", ("450802",))
    (item,) = queue(client, near)["refused_media"]
    assert (item["sha256"], item["code"]) == (sha256, "media-kind-refused")
    assert queue(client, far)["refused_media"] == []


def test_media_named_days_ago_and_not_brought_is_late(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    phone.report(photos=["cd" * 32])
    phone.sync()
    server.time.pass_by(days=2)
    late = queue(client, server.token("boss", "admin"))["late_media"]
    assert [(item["sha256"], item["code"]) for item in late] == [("cd" * 32, None)]


def test_a_photo_whose_bytes_came_twice_with_another_hash_is_shown_at_once(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    named, other = hashlib.sha256(jpeg()).hexdigest(), jpeg(colour="green")
    phone.report(photos=[named])
    phone.sync()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(other)),
        "Upload-Metadata": f"sha256 {base64.b64encode(named.encode()).decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    assert [phone.raw("POST", "/api/v1/media", other, **headers).status for _ in range(2)] == [460, 201]
    (item,) = queue(client, server.token("boss", "admin"))["late_media"]
    assert (item["sha256"], item["code"]) == (named, "sha256-mismatch")


def test_an_unreadable_body_is_shown(server: Server, client: FlaskClient) -> None:
    phone = server.phone("wei")
    assert phone.push_bodies("{ broken").status == 422
    (item,) = queue(client, server.token("boss", "admin"))["unreadable"]
    assert "JSON" in str(item["reason"])


def test_a_conflict_is_resolved_at_the_console(server: Server, client: FlaskClient) -> None:
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    finding = wei.report()
    wei.sync(), luo.sync()
    for phone, words in ((wei, "先到"), (luo, "后到")):
        phone.device.record("finding.edit", finding, {"description": words}, 1)
        phone.sync()
    admin = server.token("boss", "admin")
    (item,) = queue(client, admin)["conflicts"]
    assert item["fields"][0]["current"] == "先到"
    assert item["standing"]["description"]["by"]["name"] == "wei"
    path = f"/api/v1/attention/conflicts/{item['id']}/resolve"
    assert client.post(path, json={"choice": {"severity": "current"}}, headers=admin).status_code == 422
    assert client.post(path, json={"choice": {"description": "incoming"}}, headers=admin).status_code == 204
    assert queue(client, admin)["conflicts"] == []
    luo.sync()
    row = luo.device.mirror.row("finding", finding)
    assert row is not None
    assert row["description"] == "后到"


def test_an_inspector_has_no_queue(server: Server, client: FlaskClient) -> None:
    assert client.get("/api/v1/attention", headers=server.token("wei", "inspector")).status_code == 403


@pytest.mark.parametrize("verb", ["retry", "dismiss"])
def test_a_number_that_no_op_can_have_is_not_found(client: FlaskClient, server: Server, verb: str) -> None:
    admin, stream = server.token("boss", "admin"), server.phone().device.outbox.stream()["id"]
    body = {"reason": "no such op"} if verb == "dismiss" else {}
    for n in (2**63 - 1, 2**63, 2**200):
        answer = client.post(op_path({"stream": stream, "n": n}, verb), json=body, headers=admin)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found"), n
