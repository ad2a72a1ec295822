"""What the account store brings along."""

from __future__ import annotations

from app.accounts import people_views, views
from app.accounts.commands import commands
from app.core.feature import Feature, MenuItem
from app.core.permissions import Permission

FEATURE = Feature(
    name="accounts",
    blueprints=[views.blueprint, people_views.blueprint],
    commands=[commands],
    menu=[MenuItem("home", "人员", "people.index", "users", Permission.ACCOUNT_MANAGE, order=80)],
)
