"""Passwords: which are good enough, and their argon2 hashes. Knows no accounts and no database.

GB/T 22239-2019 (8.1.4.1 a) asks for complexity and for regular change, without figures. Length is what counts most, so
it is twelve; two kinds of characters keep out a row of digits.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache
from pathlib import Path
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend import catalogue
from backend.services.errors import InputInvalid

MIN_LENGTH = 12
MIN_KINDS = 2
MIN_DIFFERENT = 5
SHORTEST_NAME = 3  # a name of two letters is in many a good password by chance
# A hash takes 64 MiB: two at a time keep a burst of sign-ins from taking the machine.
_hashing = threading.BoundedSemaphore(2)
_hasher = PasswordHasher()


class PasswordWeak(InputInvalid):
    """The password is too easily guessed; the sentence says why."""

    code = "password-weak"


def require_good(password: str, *names: str | None) -> None:
    """Refuse a password that is short, plain, common, or holds one of the person's names. Raises PasswordWeak."""
    plain = normalize("NFKC", password).casefold()
    if len(password) < MIN_LENGTH:
        raise PasswordWeak(f"A password needs at least {MIN_LENGTH} characters.", field="password")
    if len({_kind(each) for each in password}) < MIN_KINDS or len(set(plain)) < MIN_DIFFERENT:
        raise PasswordWeak(
            f"A password needs {MIN_KINDS} kinds of characters (small and capital letters, digits, others), and "
            f"{MIN_DIFFERENT} different ones.",
            field="password",
        )
    if plain in _common():
        raise PasswordWeak("This password is among those that are tried first; choose another one.", field="password")
    for name in names:
        known = normalize("NFKC", name or "").casefold().strip()
        if len(known) >= SHORTEST_NAME and known in plain:
            raise PasswordWeak("A password must not hold the person's name.", field="password")


def one_time() -> str:
    """A password for a first sign-in, which must be changed there."""
    while True:
        password = secrets.token_urlsafe(12)
        if len({_kind(each) for each in password}) >= MIN_KINDS:
            return password


def hashed(password: str) -> str:
    """The hash to keep; whether the password is good enough was asked before."""
    with _hashing:
        return _hasher.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether a password is the one of a kept hash; takes as long when there is none."""
    with _hashing:
        try:
            _hasher.verify(kept or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def use_memory(kib: int) -> None:
    """How much memory a new hash takes; kept ones say themselves what they took. Set once, when the server starts."""
    global _hasher
    _hasher = PasswordHasher(memory_cost=kib)
    _nobody.cache_clear()


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))


@cache
def _common() -> frozenset[str]:
    lines = (Path(catalogue.HERE) / "common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha() and character.isupper():
        return "capital"
    return "letter" if character.isalpha() and character.islower() else "other"
