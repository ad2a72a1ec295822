"""Questions that other packages ask about classes and rosters."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.permissions import Permission
from app.training import access
from app.training.data import ClassInfo, InstructorInfo, RosterEntry
from app.training.models import TrainingClass


def class_by_code(actor: Actor, code: str) -> ClassInfo:
    """Return the class. Raises NotFound unless the actor's hat covers it (own class, or a scope above it)."""
    actor.require(Permission.CLASS_READ)
    row = access.class_row(actor, code)
    return access.class_infos(access.class_query().where(TrainingClass.id == row.id))[0]


def class_of_scope(scope_id: int) -> ClassInfo | None:
    """Return the class whose scope this is, or None."""
    found = access.class_infos(access.class_query().where(TrainingClass.scope_id == scope_id))
    return found[0] if found else None


def classes_for(actor: Actor) -> list[ClassInfo]:
    """Return the classes that the actor's hat covers, newest start first."""
    return access.class_infos(access.class_query(actor)) if actor.may(Permission.CLASS_READ) else []


def roster(scope_id: int) -> list[RosterEntry]:
    """Return the trainees of the class with this scope, by number; empty when there is no such class."""
    found = class_of_scope(scope_id)
    return access.roster_entries(found.id) if found else []


def instructors(scope_id: int) -> list[InstructorInfo]:
    """Return who teaches the class now."""
    return access.instructors_of(scope_id)


def teaching_history(scope_id: int) -> set[int]:
    """Return the ids of all accounts that teach or ever taught the class."""
    return access.ever_taught(scope_id)
