"""A line that is cut at random bytes: the photo arrives as it was, and what had arrived is not sent again."""

from __future__ import annotations

import hashlib
import os
import random
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.backend.serving import eventually
from tests.browser.conftest import Asker, Browsers, Station
from tests.browser.line import Line
from tests.browser.phone import Phone
from tests.browser.photos import photo
from tests.browser.test_faults import named
from tests.browser.test_field_day import PIECE

CUTS = 6
SEED = int(os.environ.get("BLUEGRID_CUTS_SEED") or random.SystemRandom().randrange(1_000_000))


def cut_again_and_again(line: Line, sent: list[int]) -> None:
    """Cut after so many bytes, then after so many more, and so on."""
    if sent:
        line.cut_after(sent[0], then=partial(cut_again_and_again, line, sent[1:]))


@pytest.mark.slow
def test_a_photo_that_is_cut_at_random_bytes_arrives_as_it_was(
    station: Station, browsers: Browsers, admin: Asker
) -> None:
    original, chance = photo(2400, 2000), random.Random(SEED)
    cuts = [chance.randrange(1, len(original) // CUTS) for _ in range(CUTS)]
    print(f"BLUEGRID_CUTS_SEED={SEED}: cut after {cuts} bytes")
    phone = Phone(browsers, "wei")
    phone.enrol(station, "demo-wei")
    line = station.line
    line.cut()
    phone.page.get_by_role("link", name="上报问题").click()
    phone.choose_photo(phone.page, "large.jpg", original)
    phone.report("断断续续")
    phone.look_at_submissions()
    sent_before = line.sent
    cut_again_and_again(line, cuts)
    for cut in range(1, CUTS + 1):
        if not line.was_cut(cut):
            phone.sync()
        eventually(partial(line.was_cut, cut), f"the cut number {cut}")
    phone.sync()
    expect(phone.page.get_by_text("原图未改动 ✓")).to_be_visible(timeout=90_000)
    assert line.sent - sent_before < len(original) + CUTS * PIECE + 500_000
    (found,) = named(admin, "断断续续")
    (kept,) = admin.get(f"/api/v1/findings/{found['id']}")["photos"]
    assert (kept["stored"], kept["sha256"]) == (True, hashlib.sha256(original).hexdigest())
    assert phone.faults == []
