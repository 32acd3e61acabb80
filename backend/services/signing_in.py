"""Signing in by password and second factor, with tries counted; in several short transactions.

argon2 takes its time: no connection is held meanwhile. Knows no Flask.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.config import SignInRules
from backend.models import User
from backend.services import accounts, audit, lockout, passwords, second_factor, sign_ins
from backend.services.errors import LoginFailed
from backend.services.second_factor import Sealer, SecondFactorNeeded, SecondFactorWrong


class AccountUnknown(LoginFailed):
    """The office's provider knows this person, and no open account here has that name."""

    code = "single-sign-on-unknown"


Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A sign-in, and what the person owes before anything else is let."""

    token: str
    expires_at: datetime
    owes: str | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people sign in and prove again who they are."""

    reading: Transaction
    writing: Transaction
    now: Callable[[], datetime]
    rules: SignInRules
    sealer: Sealer

    def sign_in(self, name: str, password: str, code: str | None, client: str | None, address: str | None) -> Opened:
        """Open a sign-in. Raises LoginFailed, AccountLocked, SecondFactorNeeded, SecondFactorWrong."""
        user_id = self.proven(name, password)
        with self.reading() as session:
            asked = second_factor.is_set(session, user_id)
        if asked and not code:
            with self.writing() as session:  # not cleared: wrong codes before it still count
                lockout.give_back(session, name, self.now())
            raise SecondFactorNeeded("Send the code of your authenticator app as well.")
        try:
            with self.writing() as session:
                if asked:
                    second_factor.spend(session, user_id, code or "", self.sealer, self.now())
                user = accounts.by_id(session, user_id)
                if not user.active:
                    raise LoginFailed("The user name or the password is wrong.")
                lockout.clear(session, name)
                token, ends = sign_ins.open_login(session, user, self.now(), self.rules.hours, client, address)
                return Opened(token, ends, sign_ins.opened_owes(session, token, user, self.rules, self.now()))
        except SecondFactorWrong:
            self._note_failure(user_id)
            raise

    def sign_in_as(self, name: str, factors: bool, client: str | None, address: str | None) -> Opened:
        """Open a sign-in for whom the office's provider has proven to be `name`; no account is made for it.

        `factors`: the provider used several. Wrong passwords lock nobody out here. Raises AccountUnknown.
        """
        with self.reading() as session:
            user_id = session.scalar(select(User.id).where(User.name == name, User.active))
        if user_id is None:
            self._note_failure(None)
            raise AccountUnknown("Nobody of this name has an open account here; an admin adds people.")
        way = sign_ins.BY_PROVIDERS_FACTORS if factors else sign_ins.BY_PROVIDER
        with self.writing() as session:
            user, hours = accounts.by_id(session, user_id), self.rules.hours
            token, ends = sign_ins.open_login(session, user, self.now(), hours, client, address, way)
            return Opened(token, ends, sign_ins.opened_owes(session, token, user, self.rules, self.now()))

    def prove_factor(self, user_id: str, name: str, code: str, token: str) -> None:
        """The code that a sign-in through the provider still owes; wrong ones count as tries.

        Raises AccountLocked, SecondFactorWrong.
        """
        with self.writing() as session:
            lockout.take_try(session, name, self.rules, self.now())
        try:
            with self.writing() as session:
                second_factor.spend(session, user_id, code, self.sealer, self.now())
                sign_ins.factor_given(session, token)
                lockout.clear(session, name)
        except SecondFactorWrong:
            self._note_failure(user_id)
            raise

    def change_password(self, user_id: str, name: str, old: str, new: str, keep: str) -> None:
        """A person's own new password; the other sign-ins end, `keep` is the token of the one that stays.

        Raises LoginFailed, AccountLocked, PasswordWeak.
        """
        self.proven(name, old)
        with self.reading() as session:
            shown = accounts.by_id(session, user_id).display_name
        passwords.require_good(new, name, shown)
        if new == old:
            raise passwords.PasswordWeak("The new password is the old one.", field="new")
        hashed = passwords.hashed(new)
        with self.writing() as session:
            lockout.clear(session, name)
            accounts.set_password(session, user_id, hashed, self.now(), keep=keep)

    def renew_codes(self, user_id: str, name: str, password: str, code: str) -> list[str]:
        """New recovery codes for who proves both factors; a wrong code stays counted as a try.

        Raises LoginFailed, AccountLocked, SecondFactorMissing, SecondFactorWrong.
        """
        self.proven(name, password)
        with self.writing() as session:
            codes = second_factor.renew_codes(session, user_id, code, self.sealer, self.now())
            lockout.clear(session, name)
        return codes

    def prove(self, name: str, password: str) -> None:
        """Who is signed in says the password once more. Raises LoginFailed, AccountLocked."""
        self.proven(name, password)
        with self.writing() as session:
            lockout.clear(session, name)

    def proven(self, name: str, password: str) -> str:
        """The id of whom a name and password belong to; the try stays counted, for the caller to clear.

        An unknown name, a closed account and a wrong password are answered alike, and take as long.
        """
        with self.writing() as session:
            lockout.take_try(session, name, self.rules, self.now())
        with self.reading() as session:
            found = session.execute(select(User.id, User.password_hash).where(User.name == name, User.active)).first()
        if not passwords.fits(found.password_hash if found else None, password) or found is None:
            self._note_failure(found.id if found else None)
            raise LoginFailed("The user name or the password is wrong.")
        return str(found.id)

    def _note_failure(self, user_id: str | None) -> None:
        with self.writing() as session:
            audit.record(session, self.now(), None, "login.failed", user_id)
