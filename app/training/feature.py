"""What training brings along."""

from __future__ import annotations

from flask import Flask

from app.accounts.field_keys import rotation_steps
from app.core.feature import Feature, MenuItem
from app.core.permissions import Permission
from app.training import models, tabs
from app.training.commands import commands
from app.training.domain.class_flow import CLASS_FLOW
from app.training.roster_jobs import JOBS
from app.training.services.roster_check import rotate_rosters
from app.training.views import classes, imports, institutions, rosters

TABLES = (models.Institution, models.TrainingClass, models.Enrolment, models.RosterImport, models.RosterRow)
PAGES = (classes, rosters, imports)


def _start(app: Flask) -> None:
    app.jinja_env.globals["class_tabs"] = tabs.class_tabs
    rotation_steps(app).append(("rosters", rotate_rosters))


FEATURE = Feature(
    name="training",
    blueprints=[classes.blueprint, institutions.blueprint],
    commands=[commands],
    menu=[
        MenuItem("home", "班级", "training.classes", "school", Permission.CLASS_READ, 20, arguments=tabs.many_classes),
        MenuItem("home", "机构", "institutions.index", "building", Permission.SYSTEM_MANAGE, 70),
        MenuItem("home", "本班", "training.show_class", "school", Permission.CLASS_READ, 20, arguments=tabs.own_class),
    ],
    jobs=JOBS,
    flows=[CLASS_FLOW],
    startup=_start,
)
