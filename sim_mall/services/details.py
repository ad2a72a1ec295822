"""Detail of a listing (商品详情): rich text, sanitised by a library before it is stored."""

from __future__ import annotations

import re

import nh3

from app.core.errors import InvalidInput

MAX_DETAIL = 20_000
TAGS = {"p", "br", "strong", "b", "em", "i", "u", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "img", "hr"}
PICTURE_PATH = "/mall/pictures/"
_OWN_PICTURE = re.compile(r"/mall/pictures/[A-Za-z0-9_-]{8,24}\.jpg", re.ASCII)
_IMG = re.compile(r"<img[^>]*\bsrc=", re.IGNORECASE)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return value if _OWN_PICTURE.fullmatch(value) else None
    return value[:100]


def sanitise(html: str) -> str:
    """Return the detail with nothing but text, simple marks and pictures that were uploaded here.

    Raises InvalidInput when it is too long. Text without marks becomes paragraphs.
    """
    if len(html) > MAX_DETAIL:
        raise InvalidInput(f"商品详情太长，请控制在 {MAX_DETAIL:,} 个字符以内。", field="detail")
    if html.strip() and "<" not in html:
        html = "".join(f"<p>{nh3.clean_text(line)}</p>" for line in html.splitlines() if line.strip())
    cleaned = nh3.clean(html, tags=TAGS, attributes={"img": {"src", "alt"}}, attribute_filter=_keep, link_rel=None)
    return re.sub(r"<img(?![^>]*\bsrc=)[^>]*>", "", cleaned).strip()


def plain_text(html: str) -> str:
    """Return the words of a detail, without its marks."""
    bare = nh3.clean(re.sub(r"<(br|/p|/li|/h\d)\b[^>]*>", " ", html), tags=set(), link_rel=None)
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&")):
        bare = bare.replace(code, sign)
    return " ".join(bare.split())


def picture_count(html: str) -> int:
    """Return how many pictures a sanitised detail holds."""
    return len(_IMG.findall(html))
