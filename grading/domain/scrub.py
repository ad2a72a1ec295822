"""Scrubbing (脱敏): what could name a person is replaced before a paper is frozen for assessors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

MASK = "●●●"
_GAP = r"[\s·・.,，。\-—_~*/|]{0,3}"
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TOP = "com|cn|net|org|shop|store|top|xyz|vip|cc|me|site|online|wang|ltd|co|io|info|club|tech|fun|icu|mobi|biz"
_NUMBERS = re.compile(
    rf"""
    https?://\S+ | www\.[^\s，。；、）)]+                                # addresses of shops and pages
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                                   # mail, hosts
    | (?<![A-Za-z0-9.-]) (?:[A-Za-z0-9-]{{1,63}}\.){{1,6}} (?:{_TOP}) (?![A-Za-z0-9-]) (?:/[^\s，。；、）)]*)?
    | (?<!\d) (?:\d{_GAP}){{17}} [\dXx] (?!\d)                       # ID number (身份证号)
    | (?<!\d) (?:\+?86{_GAP})? 1{_GAP}[3-9]{_GAP}(?:\d{_GAP}){{8}}\d (?!\d)  # mobile phone
    | (?<!\d) 0\d{{2,3}} [\s-]? \d{{7,8}} (?!\d)                     # fixed line
    | (?:微信|wechat|weixin|vx|v信|QQ|扣扣|抖音|快手|小红书|淘宝|店铺)号?[:：\s]*[A-Za-z0-9_-]{{5,}}
    | (?<!\d) \d{{8,}} (?!\d)                                        # account numbers and the like
    """,
    re.VERBOSE | re.IGNORECASE,
)


def _plain(text: str) -> str:
    """Return the text without invisible marks, full-width letters and digits as plain ones."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return "".join(chr(ord(ch) - 0xFEE0) if "！" <= ch <= "～" and ch.isalnum() else ch for ch in text)


def token_pattern(tokens: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds the tokens, longest first, also spaced out or dotted; None without any.

    Tokens of a single character are left out: they would eat ordinary words.
    """
    words = sorted({_plain(token).strip() for token in tokens} - {""}, key=lambda word: (-len(word), word))
    parts = []
    for word in words:
        letters = [re.escape(ch) for ch in word if not ch.isspace()]
        if len(letters) >= 2:
            parts.append(_GAP.join(letters) if len(letters) <= 40 else "".join(letters))
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def scrub_text(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the text with identity tokens and numbers of persons masked."""
    text = _plain(text)
    if pattern is not None:
        text = pattern.sub(MASK, text)
    return _NUMBERS.sub(MASK, text)


def scrub(value: Any, pattern: re.Pattern[str] | None) -> Any:
    """Return a plain value with every text in it scrubbed, keys kept."""
    if isinstance(value, str):
        return scrub_text(value, pattern)
    if isinstance(value, dict):
        return {key: scrub(inner, pattern) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(inner, pattern) for inner in value]
    return value
