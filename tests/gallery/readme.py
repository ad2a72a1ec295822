"""`python -m tests.gallery.readme`: the pictures of the README, taken from the demo class into docs/pictures/."""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

from tests.gallery.__main__ import ROOT, running_site, sign_in
from tests.infrastructure.browser import context_options, launch_options, phone_options

TARGET = ROOT / "docs" / "pictures"
# (file, login name, path, on a phone)
PICTURES = (
    ("mall", "trainee01", "/mall/", False),
    ("seller", "trainee01", "/seller/", False),
    ("dashboard", "supervisor", "/dashboards/classes/DEMO01", False),
    ("mall-phone", "trainee02", "/mall/", True),
    ("data-phone", "trainee01", "/seller/data", True),
    ("live-phone", "trainee02", "/live/", True),
)


def main() -> None:
    """Take the pictures; a page that does not answer 200 ends it."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with running_site() as (server, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for name, login, path, phone in PICTURES:
            signed_in = sign_in(browser, server.base_url, login, server.demo_password)
            options = {**phone_options(), "device_scale_factor": 1} if phone else context_options()
            context = browser.new_context(**options, storage_state=signed_in.storage_state())
            page = context.new_page()
            answer = page.goto(f"{server.base_url}{path}")
            if answer is None or answer.status != 200:
                sys.exit(f"{login} {path}: {answer.status if answer else 'no answer'}")
            page.wait_for_timeout(800)
            page.screenshot(path=TARGET / f"{name}.png")
            context.close()
            signed_in.close()
        browser.close()


if __name__ == "__main__":
    main()
