"""The market of most tests here: one world and one seller in it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.actor import Actor
from app.worlds.models import World
from sim_mall.open_platform import ShopInfo
from tests.factories import mall
from tests.factories.world import make_world


@pytest.fixture
def world(app_context: Flask) -> World:
    return make_world()


@pytest.fixture
def seller(world: World) -> tuple[Actor, ShopInfo]:
    return mall.make_seller(world)
