"""People of a journey: one browser context each, and the few moves that all of them share."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from tests.infrastructure.browser import context_options, phone_options

PASSWORD = "Journey-2026-x"
expect.set_options(timeout=20_000)  # several browsers share the machine with two servers


class Person:
    """One person at one browser. ``page`` is where they are."""

    def __init__(self, browser: Browser, base_url: str, login: str, *, phone: bool = False) -> None:
        options: dict[str, Any] = phone_options() if phone else context_options()
        self.context: BrowserContext = browser.new_context(base_url=base_url, **options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.login = login
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, path: str) -> Page:
        """Open a path of the site; an error page fails the journey."""
        self._settle()
        try:
            answer = self.page.goto(path)
        except Error as error:
            if "interrupted by another navigation" not in error.message and "ERR_ABORTED" not in error.message:
                raise
            self.page.wait_for_load_state("load")  # a form that was sent a moment ago had the way
            answer = self.page.goto(path)
        assert answer is not None
        assert answer.status < 400, f"{self.login}: {path} answered {answer.status}"
        return self.page

    def _settle(self) -> None:
        """Let the page do what the last press began: a form that is on its way is not to be cut off."""
        with suppress(Error):  # the page left while we asked it
            self.page.evaluate("() => new Promise((done) => setTimeout(done))")
        self.page.wait_for_load_state("load")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Sign in on /login."""
        self.go("/login")
        self.page.get_by_label("登录名或手机号").fill(self.login)
        self.page.get_by_label(re.compile("^密码")).fill(password)
        self.press("登录")
        expect(self.page).not_to_have_url(re.compile("/login"))

    def activate(self, code: str) -> None:
        """Set a first password with a one-time code."""
        self.go("/activate")
        self.page.get_by_label("登录名或手机号").fill(self.login)
        self.page.get_by_label("一次性登录码").fill(code)
        self.page.get_by_label(re.compile("^新密码")).fill(PASSWORD)
        self.page.get_by_label("再输一次新密码").fill(PASSWORD)
        self.page.locator("main form").get_by_role("button").last.click()
        expect(self.page).not_to_have_url(re.compile("/activate"))

    def press(self, name: str, inside: Locator | None = None) -> None:
        """Press the button with this word, once the page's scripts are there; confirm the dialog when one opens."""
        self.page.wait_for_load_state("load")
        (inside or self.page).get_by_role("button", name=name, exact=True).first.click()
        dialog = self.page.locator("dialog[open]")
        if dialog.count() and dialog.first.is_visible():
            dialog.first.get_by_role("button").last.click()

    def sees(self, text: str) -> None:
        """Wait until the text stands on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def close(self) -> None:
        """Close the browser; a script error on any page fails the journey."""
        self.context.close()
        assert not self.errors, f"{self.login}: {self.errors}"
