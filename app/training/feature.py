"""What training brings along."""

from __future__ import annotations

from app.core.feature import Feature, MenuItem
from app.core.permissions import Permission
from app.training import models
from app.training.domain.class_flow import CLASS_FLOW
from app.training.views import institutions

TABLES = (models.Institution, models.TrainingClass, models.Enrolment, models.RosterImport, models.RosterRow)

FEATURE = Feature(
    name="training",
    blueprints=[institutions.blueprint],
    flows=[CLASS_FLOW],
    menu=[MenuItem("home", "机构", "institutions.index", "building", Permission.SYSTEM_MANAGE, order=70)],
)
