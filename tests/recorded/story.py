"""A day that uses every command of the present contract, and an op of each kind of verdict; recorded as it was sent."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sync import signing
from tests.backend.inspections import answer, submit
from tests.stories import Phone, Server, jpeg, new_id

Recorded = dict[str, Any]


def day(server: Server) -> tuple[list[Recorded], list[Recorded]]:
    """The streams and the ops, each with the verdict that it got, in the order in which the server took them."""
    key = ec.generate_private_key(ec.SECP256R1())
    wei = server.phone("wei", signer=lambda body: signing.sign(key, body), public_key=signing.jwk_of(key.public_key()))
    luo = server.phone("luo", "supervisor")
    phones = {"wei": wei, "luo": luo}
    ops: list[Recorded] = []

    def synced(*names: str) -> None:
        for name in names:
            before = len(phones[name].device.outbox.retained())
            assert phones[name].sync().quiet
            ops.extend(_recorded(name, record) for record in phones[name].device.outbox.retained()[before:])

    sha256 = wei.device.capture(jpeg())
    finding = wei.report(photos=[sha256])
    _photo(wei, sha256, finding)
    submit(wei, answer("straw.lj.burning", "pass"), answer("straw.no-such-item"))
    _inspection(wei)
    wei.device.record("finding.comment", finding, {"text": "现场已拍照\u0000😀", "photos": []})
    wei.device.record("finding.comment", new_id(), {"text": "所指的问题还没有到", "photos": []})
    wei.report(position={"lon": 109.33, "lat": 24.255})
    place = {"lon": 109.33, "lat": 24.255, "datum": "WGS84", "accuracy_m": 8}
    wei.device.record(
        "site.propose", new_id(), {"name": "百朋砂石堆场", "kind": "road", "position": place, "photos": []}
    )
    wei.device.record("fire_point.verify", new_id(), {"outcome": "not_found", "note": "到场后未见火点"})
    synced("wei", "luo", "wei")
    for phone, text in ((wei, "北侧土堆未覆盖"), (luo, "南侧土堆未覆盖")):
        rev = phone.device.mirror.rev("finding", finding)
        phone.device.record("finding.edit", finding, {"description": text}, rev)
    synced("wei", "luo", "luo")
    (conflict,) = luo.device.mirror.rows("conflict")
    luo.device.record("conflict.resolve", str(conflict["id"]), {"choice": {"description": "incoming"}})
    for start, to in (("submitted", "verified"), ("submitted", "rejected")):
        args = {"from": start, "to": to, "note": "核实", "photos": [], "position": None}
        luo.device.record("finding.transition", finding, args, luo.device.mirror.rev("finding", finding))
    walk = {"started_at": wei.clock.now().isoformat(), "ended_at": wei.clock.now().isoformat(), "cells": ["450206100"]}
    wei.device.record("patrol.submit", new_id(), {**walk, "note": "傍晚巡查", "photos": []})
    synced("wei")
    for command, args in (("take", {}), ("return", {"note": "道路中断"}), ("done", {"evidence": []})):
        wei.device.record(f"task.{command}", new_id(), {"note": None, **args})
    synced("wei")
    luo.device.record("finding.place", finding, {"cell": "450206100", "note": "现场核对界桩"})
    synced("luo", "wei")
    return [_stream(name, phone) for name, phone in phones.items()], ops


def _photo(phone: Phone, sha256: str, finding: str) -> None:
    args = {
        "sha256": sha256,
        "size": 1000,
        "media_type": "image/jpeg",
        "captured_at": phone.clock.now().isoformat(),
        "position": None,
        "source": "camera",
        "subject": {"type": "finding", "id": finding},
        "role": "before",
    }
    phone.device.record("photo.add", new_id(), args)


def _inspection(phone: Phone) -> None:
    submit(phone, answer("dust.lj6.cover", finding=new_id()), checklist="dust-liujiang")


def _stream(name: str, phone: Phone) -> Recorded:
    return {
        "user": name,
        "role": "supervisor" if name == "luo" else "inspector",
        "stream": phone.device.outbox.stream()["id"],
        "public_key": phone.device.public_key,
    }


def _recorded(name: str, record: Recorded) -> Recorded:
    result = record["result"]
    expected = {"status": result["status"], "rev": result["rev"], "code": (result["problem"] or {}).get("code")}
    cmd = json.loads(record["body"])["cmd"]
    return {"user": name, "cmd": cmd, "body": record["body"], "sig": record["sig"], "expected": expected}
