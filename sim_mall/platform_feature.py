"""What the mall's open platform brings along: the HTTP skin, its pages, its messages."""

from __future__ import annotations

from app.core.feature import Feature
from sim_mall.services import webhooks
from sim_mall.views import platform_commands, platform_pages, platform_setup
from sim_mall.views.platform_operations import blueprint

FEATURE = Feature(
    name="open_platform",
    blueprints=(blueprint, platform_pages.openapi),
    commands=(platform_commands.openapi,),
    startup=platform_setup.set_up,
    periodic={"push": (2.0, webhooks.pump)},
    jobs={webhooks.PUSH_JOB: webhooks.run_push},
    subscribers=tuple((kind, webhooks.on_fact) for kind in webhooks.KINDS),
)
