"""What is posted, by form: a signed JSON event, or a message to a group robot of WeCom or DingTalk.

The signed form follows the Standard Webhooks specification (`webhook-id`, `webhook-timestamp`, `webhook-signature`).
Robots take Markdown; DingTalk's signature is part of the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

SECRET_PREFIX = "whsec_"  # noqa: S105 (how every secret of the specification begins)
WECOM_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, in which form and language; `secret` is null where the form or the robot has none."""

    form: str
    url: str
    secret: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted where."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def message(to: Receiver, id: str, content: Mapping[str, Any], at: datetime) -> Message:
    """An event as a receiver wants it. `content` has kind, at, n, subject, cell, facts, title and text by language."""
    if to.form == "standard":
        return _standard(to, id, content, at)
    title, text = content["title"][to.language], content["text"][to.language]
    if to.form == "wecom":
        return _robot(to.url, {"msgtype": "markdown", "markdown": {"content": _cut(f"**{title}**\n{text}")}})
    body = {"msgtype": "markdown", "markdown": {"title": title, "text": f"#### {title}\n\n{text}"}}
    return _robot(_signed_address(to, at), body)


def _standard(to: Receiver, id: str, content: Mapping[str, Any], at: datetime) -> Message:
    data = {name: content[name] for name in ("n", "subject", "cell", "facts", "text")}
    body = _json({"type": content["kind"], "timestamp": content["at"], "data": data})
    stamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(to.secret or "", id, stamp, body),
    }
    return Message(to.url, headers, body)


def signature(secret: str, id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body`; the key is what the secret says in base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    said = hmac.new(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(said).decode()}"


def _signed_address(to: Receiver, at: datetime) -> str:
    """DingTalk: the time in milliseconds and the HMAC-SHA256 of it and the secret, which is also the key."""
    if to.secret is None:
        return to.url
    stamp = str(int(at.timestamp() * 1000))
    said = hmac.new(to.secret.encode(), f"{stamp}\n{to.secret}".encode(), hashlib.sha256).digest()
    sign = quote(base64.b64encode(said).decode(), safe="")
    joint = "&" if urlsplit(to.url).query else "?"
    return f"{to.url}{joint}timestamp={stamp}&sign={sign}"


def _robot(url: str, body: Mapping[str, Any]) -> Message:
    return Message(url, {"Content-Type": "application/json; charset=utf-8"}, _json(body))


def _cut(text: str) -> str:
    """WeCom refuses longer ones; no character is cut in two."""
    return text.encode()[:WECOM_BYTES].decode(errors="ignore")


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def is_taken(form: str, status: int, answer: bytes) -> bool:
    """Whether an answer says that the message was taken: 2xx, and from a robot `errcode` 0 in the body."""
    if not 200 <= status < 300:
        return False
    if form == "standard":
        return True
    try:
        said = json.loads(answer)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("errcode") == 0
