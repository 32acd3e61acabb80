"""The plans' own project lists as sites to check. Loading them again adds nothing and overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.catalogue import HERE
from backend.models import Site
from backend.services import site_register
from backend.sync_store import SqlStore


@cache
def listed() -> tuple[dict[str, Any], ...]:
    """Every named project: code, plan, clause, unit, kind, name, measure, due."""
    return tuple(yaml.safe_load((HERE / "plan_sites.yaml").read_text("utf-8")))


def load(session: Session, now: datetime, new_id: Callable[[], str]) -> list[str]:
    """Enter what is not there yet, without positions; the codes that were added. The counter is taken here."""
    store = SqlStore(session, now)
    store.lock_counter()
    known = set(session.scalars(select(Site.code).where(Site.code.in_([each["code"] for each in listed()]))))
    added = [each for each in listed() if each["code"] not in known]
    for each in added:
        fields = {
            "code": each["code"],
            "name": each["name"],
            "kind": each["kind"],
            "cell": each["unit"],
            "origin": f"plan:{each['plan']}",
            "attributes": {
                "plan_source": f"{each['plan']} {each['clause']}",
                "plan_measure": each["measure"],
                "plan_due": str(each["due"]),
            },
        }
        site_register.enter(session, store, new_id(), now, fields, None)
    return [str(each["code"]) for each in added]
