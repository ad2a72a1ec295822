"""What other packages get to know about classes: frozen, without rows of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class. version: 电商版 or 直播版. status: see ``domain.class_flow``."""

    id: int
    scope_id: int
    world_id: int
    code: str
    name: str
    institution_id: int
    institution_name: str
    institution_scope_id: int
    version: str
    region_code: str
    region_name: str
    start_date: date
    end_date: date
    status: str
    status_name: str
    is_test: bool
    trainee_count: int


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One trainee of a class. number: 学号 within the class. phone_masked: '' without a phone."""

    account_id: int
    number: int
    name: str
    login: str
    phone_masked: str
    signed_in: bool
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class InstructorInfo:
    """One person who teaches a class now."""

    account_id: int
    name: str
    login: str
