"""A visitor without a browser: cookies, sign-in, and how long each page took."""

from __future__ import annotations

import http.client
import re
import time
from http.cookies import SimpleCookie
from urllib.parse import urlencode

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitor:
    """One keep-alive connection to the server under measurement."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def request(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, str, float]:
        """Return status, text and milliseconds of one request; redirects are not followed."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self._connection.request(method, path, urlencode(body) if body else None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        took = (time.perf_counter() - started) * 1000
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
        return answer.status, text, took

    def sign_in(self, login: str, password: str) -> None:
        """Sign in as a person does. Raises RuntimeError when that is refused."""
        _, page, _ = self.request("GET", "/login")
        found = _TOKEN.search(page)
        form = {"csrf_token": found.group(1) if found else "", "name": login, "password": password}
        status, _, _ = self.request("POST", "/login", form)
        if status != 302:
            raise RuntimeError(f"{login} could not sign in: {status}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
