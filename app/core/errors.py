"""Domain errors: a stable code for programs and one Chinese sentence for the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with input: where (row, field), what, what to do (a Chinese sentence)."""

    message: str
    field: str | None = None
    row: int | None = None


class DomainError(Exception):
    """A rule refused the action. ``message`` is shown to the person as it stands."""

    status = 409
    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        issues: Sequence[Issue] = (),
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.issues = tuple(issues)
        if code:
            self.code = code
        if status:
            self.status = status


class Refused(DomainError):
    """The rules of the domain do not allow this now (HTTP 409)."""


class Conflict(DomainError):
    """Somebody else changed it meanwhile, or a key was used for another request (HTTP 409)."""

    code = "conflict"


class InvalidInput(DomainError):
    """What was sent cannot be used (HTTP 400); ``field`` or ``issues`` say where."""

    status = 400
    code = "invalid_input"


class NotFound(DomainError):
    """No such thing, or none that this person may know of (HTTP 404): the two look the same."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "没有找到这个页面，或你无权查看。") -> None:
        super().__init__(message)


class Forbidden(DomainError):
    """Signed in, but this role may not do this (HTTP 403)."""

    status = 403
    code = "forbidden"

    def __init__(self, message: str = "你的当前身份不能进行这个操作，请切换身份或联系管理员。") -> None:
        super().__init__(message)


class TooMany(DomainError):
    """Too many requests in a short time (HTTP 429)."""

    status = 429
    code = "too_many"


class NotReady(DomainError):
    """Something the action needs is not running (HTTP 503)."""

    status = 503
    code = "not_ready"
