"""Who is acting, and what that one may see: the question every service asks."""

from __future__ import annotations

from dataclasses import dataclass

from backend.services.errors import NotAllowed

UNASSIGNED = "area:unassigned"
UNIT_PREFIX = "M-"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, on a device or not. `grants` are cell and unit codes; `device_id` is null at the console.

    `office_id` is that of a handler, who sees what that office was given.
    """

    user_id: str
    name: str
    role: str
    grants: frozenset[str]
    device_id: str | None = None
    device_revoked: bool = False
    office_id: str | None = None

    def scopes(self) -> frozenset[str]:
        """The sync scopes whose rows this actor mirrors and may read."""
        own = {"global", f"user:{self.user_id}", *(_scope(code) for code in self.grants)}
        if self.sees_unassigned():
            own.add(UNASSIGNED)
        if self.role == "handler" and self.office_id is not None:
            own.add(f"office:{self.office_id}")
        return frozenset(own)

    def sees_unassigned(self) -> bool:
        """Admins and city supervisors see what lies in no cell."""
        city = any(len(code) == 6 and code.endswith("00") for code in self.grants)
        return self.role == "admin" or (self.role == "supervisor" and city)

    @property
    def units(self) -> frozenset[str]:
        """The management units among the grants."""
        return frozenset(code for code in self.grants if code.startswith(UNIT_PREFIX))

    def covers(self, lineage: list[str]) -> bool:
        """True when a cell, given with its ancestors, is within the grants."""
        return self.role == "admin" or not self.grants.isdisjoint(lineage)

    def require_role(self, *roles: str) -> None:
        """Raise NotAllowed unless the actor has one of the roles."""
        if self.role not in roles:
            raise NotAllowed(f"This needs the role {' or '.join(roles)}.")


def _scope(code: str) -> str:
    return f"unit:{code}" if code.startswith(UNIT_PREFIX) else f"area:{code}"
