"""Fires for tests: satellite files, tables and texts, and the people who send and answer them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from backend.jobs import work
from tests.backend.records import LIUJIANG

IMPORTS = "/api/v1/fire-imports"
POINTS = "/api/v1/fire-points"
VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,"
    "frp,daynight"
)
VIIRS_13 = VIIRS.replace("instrument,", "")
METRE = 1 / 111_000


def viirs(*rows: tuple[tuple[float, float], str, str], version: str = "2.0NRT", satellite: str = "N20") -> bytes:
    """A FIRMS file of 14 columns; each row is a place, a day and a time as FIRMS writes it (149 is 01:49 UTC)."""
    lines = [
        f"{lat},{lon},330.1,0.39,0.36,{day},{clock},{satellite},VIIRS,n,{version},290.2,3.4,N"
        for (lon, lat), day, clock in rows
    ]
    return "\n".join([VIIRS, *lines]).encode()


def north(metres: float, at: tuple[float, float] = LIUJIANG) -> tuple[float, float]:
    """A place some metres north of another."""
    return at[0], round(at[1] + metres * METRE, 6)


def sent(client, person, data: bytes | str, form: str = "firms", **terms: Any) -> Any:
    """Send a file (bytes) or paste a text, and get the answer."""
    what = {"text": data} if isinstance(data, str) else {"file": (io.BytesIO(data), "火点.csv")}
    return client.post(
        IMPORTS, data={"form": form, **terms, **what}, headers=person.headers, content_type="multipart/form-data"
    )


def worked(app: Flask) -> None:
    """Let the jobs that wait be done."""
    with app.app_context():
        while waiting := work.due():
            for job in waiting:
                assert work.run(job)


def taken(app: Flask, client, person, data: bytes | str, form: str = "firms", **terms: Any) -> dict[str, Any]:
    """Send and take in; the report."""
    answer = sent(client, person, data, form, **terms)
    assert (answer.status_code, answer.json.get("state")) == (201, "checked"), answer.text
    assert client.post(f"{IMPORTS}/{answer.json['id']}/apply", headers=person.headers).status_code == 202
    worked(app)
    done = client.get(f"{IMPORTS}/{answer.json['id']}", headers=person.headers).json
    assert done["state"] == "applied"
    return done


def listed(client, person, **filters: Any) -> list[dict[str, Any]]:
    answer = client.get(POINTS, query_string=filters, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def reported(client, person, now: datetime, at: tuple[float, float] = LIUJIANG, **given: Any) -> dict[str, Any]:
    """Somebody reports a fire that was seen a minute ago; the fire point."""
    position = {"lon": at[0], "lat": at[1], "datum": "CGCS2000", "accuracy_m": 30}
    seen = (now - timedelta(minutes=1)).isoformat()
    body = {"source": "video", "position": position, "seen_at": seen, **given}
    answer = client.post(POINTS, json=body, headers=person.headers)
    assert answer.status_code == 201, answer.text
    return answer.json
