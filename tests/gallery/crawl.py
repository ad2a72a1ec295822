"""Walking the site as one role: which addresses are pages, one example per endpoint."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
EXAMPLES = 1
NO_ANSWER = 599


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that a role can open. path: with query; endpoint: its name in the URL map."""

    role: str
    endpoint: str
    path: str
    status: int


@dataclass(slots=True)
class Walk:
    """What one role found. files: endpoints that answer with something else than a page."""

    role: str
    visits: list[Visit] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


class Site:
    """The running platform and its URL map."""

    def __init__(self, base_url: str, urls: Map) -> None:
        self.base_url = base_url
        self._match = urls.bind("127.0.0.1")
        self.plain = sorted(
            (str(rule.endpoint), str(rule.rule))
            for rule in urls.iter_rules()
            if rule.methods and "GET" in rule.methods and not rule.arguments and rule.endpoint != "static"
        )

    def endpoint(self, address: str) -> str | None:
        """Return the endpoint behind an address of this site, None for others and for built files."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self.base_url:
            return None
        try:
            endpoint, _ = self._match.match(parts.path, method="GET")
        except RequestRedirect as redirect:
            return self.endpoint(redirect.new_url.replace("http://127.0.0.1", self.base_url))
        except HTTPException:
            return ""
        return None if endpoint in {"static", "pictures.show"} else str(endpoint)

    def path(self, address: str) -> str:
        """Return path and query of an address."""
        parts = urlsplit(address)
        return parts.path + (f"?{parts.query}" if parts.query else "")


def is_page(context: BrowserContext, address: str) -> tuple[int, bool, str]:
    """Ask for an address; return its status, whether it is a page, and where it ended after redirects."""
    try:
        answer = context.request.get(address, headers={"Accept": "text/html"}, timeout=20_000)
    except Error:  # No answer at all: the server broke off.
        return NO_ANSWER, True, address
    kind = answer.headers.get("content-type", "")
    status, final = answer.status, answer.url
    answer.dispose()
    return status, kind.startswith("text/html"), final


def walk(site: Site, context: BrowserContext, page: Page, role: str, starts: tuple[str, ...] = ("/",)) -> Walk:
    """Follow the links from the role's home; keeps one example per endpoint and reports links that answer an error."""
    found = Walk(role)
    seen: dict[str, int] = {}
    asked: set[str] = set()
    queue = deque(site.base_url + start for start in starts)
    while queue:
        address = queue.popleft().split("#")[0]
        endpoint = site.endpoint(address)
        if endpoint is None or address in asked or seen.get(endpoint, 0) >= EXAMPLES or endpoint in found.files:
            continue
        asked.add(address)
        status, html, final = is_page(context, address)
        if not html:
            found.files.add(endpoint)
            if status >= 400:
                found.visits.append(Visit(role, endpoint, site.path(address), status))
            continue
        landed = site.endpoint(final) or endpoint
        if landed != endpoint:  # A redirect: the page counts where it ends.
            seen[endpoint] = seen.get(endpoint, 0) + 1
            queue.append(final)
            continue
        seen[endpoint] = seen.get(endpoint, 0) + 1
        found.visits.append(Visit(role, endpoint, site.path(address), status))
        if status < 400:
            page.goto(address, wait_until="domcontentloaded")
            queue.extend(page.evaluate(LINKS))
    return found
