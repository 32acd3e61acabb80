"""Which passwords are good enough."""

from __future__ import annotations

import pytest

from backend.services import passwords
from backend.services.passwords import PasswordWeak


@pytest.mark.parametrize(
    "weak",
    [
        "elevenchar1",
        "onlyletterss",
        "1234567890123",
        "aaaa1111aaaa1111",
        "Password123456",
        "liuzhou@2026",
        "xweimin-2026-a",
        "韦敏的密码-2026年冬天",
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(weak: str) -> None:
    with pytest.raises(PasswordWeak):
        passwords.require_good(weak, "weimin", "韦敏的")


@pytest.mark.parametrize("good", ["correct horse battery", "柳江区网格巡查甲乙丙丁-8", "tR4-kd9_QpZ!"])
def test_a_long_password_of_two_kinds_is_taken(good: str) -> None:
    passwords.require_good(good, "weimin", "韦敏", None, "")


def test_a_name_of_two_letters_forbids_nothing() -> None:
    passwords.require_good("a long password 1", "on", "ng")


def test_every_one_time_password_is_good_enough() -> None:
    for _ in range(100):
        passwords.require_good(passwords.one_time())


def test_a_hash_fits_its_password_alone_and_no_hash_fits_none() -> None:
    kept = passwords.hashed("a long password")
    assert passwords.fits(kept, "a long password")
    assert not passwords.fits(kept, "a long passwore")
    assert not passwords.fits(None, "a long password")
