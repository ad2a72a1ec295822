"""The main job, steps 1 to 12, through the pages alone: on SQLite and PostgreSQL, with and without demo data."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.infrastructure.server import Server
from tests.journeys.opening import open_platform, trainee

NAMES = ["欧阳婉儿", "古丽·阿依夏", "卫青禾"]


def test_the_main_job(browser: Browser, server: Server) -> None:
    made = open_platform(browser, server, "MJ", NAMES)
    trainee(browser, server, made, 0)
    for person in made.people.values():
        person.close()
