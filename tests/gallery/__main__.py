"""`python -m tests.gallery [--only TEXT] [--roles a,b]`: pictures of all pages as each role, and axe on each.

Writes var/gallery/: PNGs, index.html, axe.json. Ends with 1 when a page that is linked to answers an error, axe finds
a violation, or a script fails.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from app.config import load_settings
from app.factory import create_app
from tests.gallery.crawl import NO_ANSWER, Site, Visit, walk
from tests.infrastructure.browser import DESKTOP, context_options, launch_options, phone_options
from tests.infrastructure.processes import make_folder
from tests.infrastructure.server import Server

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "var" / "gallery"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ROLES = ("trainee01", "instructor01", "assessor01", "orgadmin", "district", "centre", "supervisor", "sysadmin")
WIDTHS = (1280, 390)
TALLEST = 6000
NOT_PAGES = {"health.alive", "health.ready", "health.metrics", "grading.outcome_rules"}  # the last: a part of a page


@dataclass(slots=True)
class Shot:
    """One picture and what was found on it."""

    visit: Visit
    width: int
    file: str
    violations: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    overflow: int = 0

    @property
    def bad(self) -> bool:
        expected = self.visit.endpoint == "(missing page)"
        return bool(self.violations or self.errors or self.overflow or (self.visit.status >= 400 and not expected))

    @property
    def verdict(self) -> str:
        """What is wrong with the page, in one line."""
        found = [violation["id"] for violation in self.violations] + self.errors
        found += [f"overflow {self.overflow}px"] if self.overflow else []
        return f"{self.visit.role} {self.visit.path} {self.width} {self.visit.status}: {'; '.join(found)}"


@contextmanager
def running_site() -> Iterator[tuple[Server, Site]]:
    """Start the platform with its demo data on a database of its own."""
    folder = make_folder("gallery-")
    server = Server(f"sqlite:///{folder}/gallery.db", demo=True)
    try:
        server.start()
        app = create_app(load_settings(server.environment))
        yield server, Site(server.base_url, app.url_map)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def sign_in(browser: Browser, base_url: str, role: str, password: str) -> BrowserContext:
    """Return a desktop context in which the role is signed in."""
    context = browser.new_context(**context_options())
    page = context.new_page()
    page.goto(f"{base_url}/login")
    page.get_by_label("登录名或手机号").fill(role)
    page.get_by_label("密码", exact=True).fill(password)
    page.locator("main form").first.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()
    return context


class Camera:
    """Takes the pictures of one role at both widths."""

    def __init__(self, browser: Browser, base_url: str, state: Any) -> None:
        self.base_url = base_url
        self.axe = AXE.read_text(encoding="utf-8")
        self.contexts = {
            1280: browser.new_context(**context_options(), storage_state=state),
            390: browser.new_context(**phone_options() | {"device_scale_factor": 1}, storage_state=state),
        }

    def take(self, visit: Visit, width: int) -> Shot:
        """Open the page, wait until it is quiet, check it and save it."""
        name = re.sub(r"[^\w]+", "-", f"{visit.role}-{visit.endpoint}")
        shot = Shot(visit, width, f"{name}-{width}.png")
        page = self.contexts[width].new_page()
        page.on("console", lambda message: self._listen(shot, message))
        page.on("pageerror", lambda error: shot.errors.append(str(error)))
        if visit.status == NO_ANSWER:
            page.set_content(f"<h1>{escape(visit.path)}: no answer</h1>")
        else:
            page.goto(self.base_url + visit.path, wait_until="load")
        page.wait_for_timeout(200)
        # not innerWidth: the window of a phone grows with what is too wide for it
        shot.overflow = page.evaluate("document.documentElement.scrollWidth") - width
        page.evaluate(self.axe)
        found = page.evaluate("axe.run().then(result => result.violations)")
        shot.violations = [self._brief(violation) for violation in found]
        self._picture(page, OUT / shot.file, width)
        page.close()
        return shot

    @staticmethod
    def _listen(shot: Shot, message: ConsoleMessage) -> None:
        # The browser reports the page's own status here as well; an expected one is no error of a script.
        if message.type == "error" and "the server responded with a status of 404" not in message.text:
            shot.errors.append(message.text)

    @staticmethod
    def _brief(violation: dict[str, Any]) -> dict[str, Any]:
        nodes = [{"html": node["html"][:300], "why": node.get("failureSummary", "")} for node in violation["nodes"][:5]]
        return {"id": violation["id"], "impact": violation["impact"], "help": violation["help"], "nodes": nodes}

    @staticmethod
    def _picture(page: Page, file: Path, width: int) -> None:
        # A tall window instead of a full-page picture: bars that stick to the bottom stay at the bottom.
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": max(height, DESKTOP["height"])})
        page.wait_for_timeout(100)
        page.screenshot(path=str(file))

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


def photograph(browser: Browser, server: Server, site: Site, options: argparse.Namespace) -> list[Shot]:
    """Walk and photograph the site as each role; then the pages before sign-in."""
    shots: list[Shot] = []
    reached: set[str] = set()
    states: dict[str, Any] = {}

    def take_all(visits: list[Visit], state: Any) -> None:
        camera = Camera(browser, server.base_url, state)
        for visit in visits:
            for width in WIDTHS if options.only in visit.path else ():
                shots.append(camera.take(visit, width))
                if shots[-1].bad:
                    print(shots[-1].verdict, file=sys.stderr, flush=True)
        camera.close()

    for role in options.roles:
        context = sign_in(browser, server.base_url, role, server.demo_password)
        states[role] = context.storage_state()
        found = walk(site, context, context.new_page(), role)
        context.close()
        reached |= {visit.endpoint for visit in found.visits} | found.files
        print(f"{role}：{len(found.visits)} 页", file=sys.stderr)
        take_all(found.visits, states[role])
    for role in options.roles:  # Pages that no link leads to: the first role that may open them shows them.
        context = browser.new_context(**context_options(), storage_state=states[role])
        missed = [path for endpoint, path in site.plain if endpoint not in reached | NOT_PAGES]
        found = walk(site, context, context.new_page(), role, tuple(missed))
        context.close()
        opened = [visit for visit in found.visits if visit.status < 400 and visit.endpoint not in reached]
        reached |= {visit.endpoint for visit in opened} | found.files
        take_all(opened, states[role])
    outside = browser.new_context(**context_options())
    found = walk(site, outside, outside.new_page(), "nobody")
    outside.close()
    take_all([*found.visits, Visit("nobody", "(missing page)", "/no-such-page", 404)], None)
    reached |= {visit.endpoint for visit in found.visits}
    unseen = sorted(endpoint for endpoint, _ in site.plain if endpoint not in reached | NOT_PAGES)
    print("没有走到的页面：" + ("、".join(unseen) or "无"), file=sys.stderr)
    return shots


def write_index(shots: list[Shot]) -> None:
    """Write index.html and axe.json."""
    report = [asdict(shot) for shot in shots if shot.bad]
    (OUT / "axe.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    rows = []
    for shot in shots:
        words = [violation["id"] for violation in shot.violations] + shot.errors
        words += [f"宽出 {shot.overflow} 像素"] if shot.overflow else []
        note = escape("；".join(words)) or "无问题"
        rows.append(
            f'<figure{" class=bad" if shot.bad else ""}><a href="{shot.file}">'
            f'<img src="{shot.file}" loading="lazy" alt=""></a>'
            f"<figcaption><b>{escape(shot.visit.role)}</b> {escape(shot.visit.path)} · {shot.width} · "
            f"{shot.visit.status}<br>{note}</figcaption></figure>"
        )
    style = (
        "body{font:14px sans-serif;background:#eee;margin:16px}"
        "main{display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(260px,1fr))}"
        "figure{margin:0;padding:8px;background:#fff;border-radius:8px}.bad{outline:3px solid #c00}"
        "img{width:100%;height:320px;object-fit:cover;object-position:top}"
    )
    page = f"<!doctype html><html lang=zh-CN><meta charset=utf-8><title>画廊</title><style>{style}</style>"
    (OUT / "index.html").write_text(f"{page}<main>{''.join(rows)}</main></html>", encoding="utf-8")


def main() -> int:
    """Run the gallery; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.gallery")
    parser.add_argument("--only", default="", help="take only pages whose path holds this text")
    parser.add_argument("--roles", default=",".join(ROLES), help="login names")
    options = parser.parse_args()
    options.roles = options.roles.split(",")
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with running_site() as (server, site), sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        shots = photograph(browser, server, site, options)
        browser.close()
    write_index(shots)
    bad = [shot for shot in shots if shot.bad]
    print(f"画廊：{len(shots)} 张，{len(bad)} 张有问题：{OUT / 'index.html'}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
