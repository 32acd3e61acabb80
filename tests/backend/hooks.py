"""Web hooks of a house: made, told of something, and looked at."""

from __future__ import annotations

from typing import Any

from tests.backend.desks import Desk


def hook(boss: Desk, url: str, **more: Any) -> Any:
    answer = boss.send("POST", "/web-hooks", **{"name": "市指挥中心", "url": url, "kinds": ["task-given"], **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def happen(luo: Desk, wei: Desk, times: int = 1) -> None:
    """Something that hooks are told of."""
    task = {"kind": "other", "title": "张三家门口", "due_at": "2026-12-01T18:00:00+08:00"}
    for _ in range(times):
        given = luo.send("POST", "/tasks", **task, assignee=wei.user_id, cell="450206")
        assert given.status_code == 201, given.json


def deliveries(boss: Desk, hook_id: str) -> list[Any]:
    answer = boss.get(f"/web-hooks/{hook_id}/deliveries")
    assert answer.status_code == 200, answer.json
    items: list[Any] = answer.json["items"]
    return items


def state_of(boss: Desk, hook_id: str) -> Any:
    return next(each for each in boss.get("/web-hooks").json if each["id"] == hook_id)
