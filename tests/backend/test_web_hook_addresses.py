"""Where a web hook may lead: to public addresses, when it is set and when it is used, and to nothing inside."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest

from backend.web_hooks import addresses
from tests.backend.desks import House
from tests.backend.hooks import deliveries, happen, hook
from tests.backend.receivers import receiving, says


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    return house.desk("luo")


@pytest.fixture
def wei(house):
    """An inspector who is given tasks: each is one event."""
    return house.desk("wei", "inspector")


@pytest.fixture
def guarded(house):
    """The house as it comes: no hook leads into a private network."""
    extensions = house.server.app.extensions
    extensions["bluegrid.settings"] = replace(extensions["bluegrid.settings"], hooks_private=False)


INSIDE = [
    "http://127.0.0.1/x", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data",
    "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[fe80::1]/",
    "http://0.0.0.0/", "http://100.64.0.1/", "http://224.0.0.1/", "ftp://example.org/", "file:///etc/passwd",
    "https:///nothing", "https://user:word@example.org/", "https://example.org/#x", "https://example.org:99999/",
    "https://例子.org/", "nothing", "http://exa mple.org/",
]  # fmt: skip


def test_a_hook_leads_nowhere_inside(boss, guarded):
    for url in INSIDE:
        answer = boss.send("POST", "/web-hooks", name="x", url=url, kinds=["digest"])
        assert (answer.status_code, answer.json["code"]) == (422, "hook-address-refused"), url
    assert boss.get("/web-hooks").json == []


def test_a_name_that_leads_inside_is_refused_when_it_is_used(house, boss, luo, wei, guarded):
    with receiving(says(200)) as receiver:
        made = hook(boss, f"http://localhost:{receiver.port}/")  # a name is judged when it is used
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        assert "private network" in deliveries(boss, made["id"])[0]["last_answer"]
        assert receiver.got == []


@pytest.mark.parametrize(
    ("address", "public"), [("8.8.8.8", True), ("2400:3200::1", True), ("2002:a00:1::", False), ("::", False)]
)
def test_public_addresses_are_told_from_others(address, public):
    assert addresses.is_public(ipaddress.ip_address(address)) == public


SENSELESS = [
    {"name": "x", "url": "https://example.org", "kinds": []},
    {"name": "x", "url": "https://example.org", "kinds": ["hook-paused"]},
    {"name": " ", "url": "https://example.org", "kinds": ["digest"]},
    {"name": "x", "url": "https://example.org", "kinds": ["digest"], "cells": ["nowhere"]},
    {"name": "x", "url": "https://example.org", "kinds": ["digest"], "secret": "mine"},
    {"name": "x", "url": "https://example.org", "kinds": ["digest"], "form": "pigeon"},
]


def test_a_hook_that_makes_no_sense_is_refused(boss):
    for body in SENSELESS:
        answer = boss.send("POST", "/web-hooks", **body)
        assert (answer.status_code, answer.json["code"]) == (422, "input-invalid"), body
