"""What the account store brings along."""

from __future__ import annotations

from app.core.feature import Feature

FEATURE = Feature(name="accounts")
