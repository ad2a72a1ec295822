"""What the account store brings along."""

from __future__ import annotations

from app.accounts import views
from app.accounts.commands import commands
from app.core.feature import Feature

FEATURE = Feature(name="accounts", blueprints=[views.blueprint], commands=[commands])
