"""What the dashboards bring along."""

from __future__ import annotations

from app.core.feature import Feature, MenuItem
from app.core.permissions import Permission
from app.dashboards import views
from app.dashboards.services.home import class_cards

FEATURE = Feature(
    name="dashboards",
    blueprints=[views.blueprint],
    menu=[MenuItem("dash", "班级看板", "dashboards.index", "chart-bar", Permission.DASHBOARD_READ, order=10)],
    home_cards=[class_cards],
)
