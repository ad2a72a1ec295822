"""What training brings along."""

from __future__ import annotations

from app.core.feature import Feature
from app.training import models
from app.training.domain.class_flow import CLASS_FLOW

TABLES = (models.Institution, models.TrainingClass, models.Enrolment, models.RosterImport, models.RosterRow)

FEATURE = Feature(name="training", flows=[CLASS_FLOW])
