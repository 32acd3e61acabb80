"""An inspection by straw-liujiang@2024.1 or dust-liujiang@2024.1, as a phone records one."""

from __future__ import annotations

from typing import Any

from tests.stories import IN_LIUJIANG, Phone, new_id


def answer(item: str, result: str = "fail", **more: Any) -> dict[str, Any]:
    plain = {"value": None, "note": None, "photos": [], "position": None, "finding": None}
    return {"item": item, "result": result, **plain, **more}


def submit(phone: Phone, *answers: dict[str, Any], checklist: str = "straw-liujiang", **more: Any) -> str:
    """Record an inspection; returns its id."""
    inspection, at = new_id(), phone.clock.now().isoformat()
    args = {
        "checklist": checklist,
        "checklist_version": "2024.1",
        "mode": "patrol",
        "approval_no": None,
        "officers": None,
        "site": None,
        "cell": None,
        "task": None,
        "started_at": at,
        "finished_at": at,
        "position": dict(IN_LIUJIANG),
        "answers": list(answers),
        "representative": None,
        "signature": None,
    }
    phone.device.record("inspection.submit", inspection, {**args, **more})
    return inspection
