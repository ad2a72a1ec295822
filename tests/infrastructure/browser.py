"""Settings of the real browser: Debian's Chromium without a window, Chinese, Shanghai time, and a failure kept."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FAILURES = Path(__file__).resolve().parents[2] / "var" / "test-failures"


def chromium_executable() -> str:
    """Return the Chromium of the machine. Raises RuntimeError when there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell")
    if not found:
        raise RuntimeError("chromium is missing: ./run test installs it (apt-get install chromium-headless-shell)")
    return found


def launch_options() -> dict[str, Any]:
    """Return the arguments of ``playwright.chromium.launch``."""
    return {"executable_path": chromium_executable(), "args": CHROMIUM_ARGUMENTS}


def context_options() -> dict[str, Any]:
    """Return the arguments of ``browser.new_context`` for a desktop."""
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": DESKTOP, "reduced_motion": "reduce"}


def phone_options() -> dict[str, Any]:
    """Return the arguments of ``browser.new_context`` for a phone with touch."""
    return {**context_options(), "viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def keep_failure(name: str, page: Any) -> str:
    """Save a screenshot of the page of a failed test; return a line that says where it stood."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    target = FAILURES / (re.sub(r"[^\w.-]+", "_", name)[:150] + ".png")
    page.screenshot(path=str(target), full_page=True)
    return f"page: {page.url}\nscreenshot: {target}"
