"""What grading asks of others, as protocols; ``app.training`` implements them, the factory binds them once.

They are called when a trainee looks or submits and when the centre opens or draws a batch, never on an
assessor's request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app

from app.core.errors import NotReady
from grading.data import ClassFact, OutcomeFacts, RuleCheck

KEY = "grading_ports"


class FactSource(Protocol):
    """Where a trainee stands in the simulations."""

    def facts(self, account_id: int, scope_id: int) -> OutcomeFacts:
        """Return the figures and exhibits of this trainee in this class, as of now."""


class ClassFacts(Protocol):
    """What is known of classes."""

    def class_of(self, account_id: int | None, scope_id: int) -> ClassFact:
        """Return the class of the scope (account: the trainee asked about, if any). Raises NotFound."""

    def teachers(self, scope_id: int) -> set[int]:
        """Return the accounts that teach or ever taught the class."""


class IdentityTokens(Protocol):
    """What could name a trainee in a text."""

    def tokens(self, account_id: int, scope_id: int) -> frozenset[str]:
        """Return names, login, phone, ID number, shop, class, institution, classmates."""


class Eligibility(Protocol):
    """Who may hand in."""

    def check(self, account_id: int, scope_id: int) -> tuple[RuleCheck, ...]:
        """Return every rule with value, limit, source and remedy; ``blocks`` and not ``met`` forbids."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The four together."""

    facts: FactSource
    classes: ClassFacts
    tokens: IdentityTokens
    eligibility: Eligibility


def bind(app: Flask, ports: Ports) -> None:
    """Give grading its ports; done once by the factory."""
    app.extensions[KEY] = ports


def bound() -> Ports:
    """Return the ports. Raises NotReady when the application was built without them."""
    ports: Ports | None = current_app.extensions.get(KEY)
    if ports is None:
        raise NotReady("评审所需的班级与店铺数据还没有接通，请联系管理员。")
    return ports
