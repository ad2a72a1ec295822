"""Who acts: the argument every service takes first."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import Forbidden, NotFound
from app.core.permissions import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """One person wearing one hat, or the system itself (``account_id`` None).

    scope_id: the scope of the hat (class, institution or region). world_id: the world of that class,
    None for hats without one. session_id: the signed-in device, None for commands and jobs.
    """

    account_id: int | None
    name: str
    role: Role | None
    scope_id: int | None = None
    world_id: int | None = None
    session_id: int | None = None

    @property
    def is_system(self) -> bool:
        return self.account_id is None

    def may(self, permission: Permission) -> bool:
        """Say whether this hat holds the permission; the system holds all."""
        return self.is_system or (self.role is not None and permission in ROLE_PERMISSIONS[self.role])

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless this hat holds the permission."""
        if not self.may(permission):
            raise Forbidden

    def person(self) -> int:
        """Return the account id. Raises Forbidden for the system: only people own things."""
        if self.account_id is None:
            raise Forbidden
        return self.account_id

    def world(self) -> int:
        """Return the world of the hat. Raises NotFound when the hat has none."""
        if self.world_id is None:
            raise NotFound("当前身份不属于任何班级的模拟市场，请先切换到班级身份。")
        return self.world_id


def system(world_id: int | None = None, scope_id: int | None = None) -> Actor:
    """Return the system as actor: clock, jobs and commands."""
    return Actor(account_id=None, name="系统", role=None, world_id=world_id, scope_id=scope_id)
