"""Words for which a viewer's message waits for review (敏感词): built in, and the host's own list.

R10 and R11 are rules of the mall (contact outside the platform, abuse). What the crew itself says and
shows is checked by the mall, word list of the class included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

ABUSE = (
    "傻逼", "傻b", "煞笔", "脑残", "去死", "滚蛋", "废物", "贱人", "王八蛋", "妈的",
    "他妈", "垃圾主播", "诈骗犯",
)  # fmt: skip
CONTACT = (
    "加微信", "加v信", "加薇信", "vx", "微信号", "威信", "加qq", "扣扣", "私下交易",
    "线下转账", "扫码付款",
)  # fmt: skip
INVITING = re.compile(r"加.{0,3}(微信|薇信|威信|v信|vx|qq|扣扣)")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
WORD_LENGTH, MOST_WORDS = 20, 200
_NOISE = re.compile(r"[\s\W_]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found, and by which rule ('word': the host's own list)."""

    rule: str
    word: str


def plain(text: str) -> str:
    """Return the text as it is compared: full width folded, lower case, without spaces and marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _first(words: Iterable[str], text: str, rule: str) -> Hit | None:
    return next((Hit(rule, word) for word in words if word in text), None)


def in_message(text: str, own: Iterable[str] = ()) -> Hit | None:
    """Return why a viewer's message waits for review, None when it may be shown."""
    bare = plain(text)
    if PHONE.search(unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "")):
        return Hit("R10", "手机号")
    return (
        _first((word for word in map(plain, own) if word), bare, "word")
        or _first(ABUSE, bare, "R11")
        or _first(CONTACT, bare, "R10")
        or (Hit("R10", found.group()) if (found := INVITING.search(bare)) else None)
    )


def parse_words(text: str) -> list[str]:
    """Return a typed list of words, one per line or separated by commas; doubles go. Raises ValueError."""
    words = list(dict.fromkeys(word.strip() for word in re.split(r"[\n,，、;；]+", text) if word.strip()))
    if len(words) > MOST_WORDS:
        raise ValueError(f"屏蔽词最多 {MOST_WORDS} 个。")
    for word in words:
        if len(word) > WORD_LENGTH or not plain(word):
            raise ValueError(f"屏蔽词“{word[:20]}”应为 1 到 {WORD_LENGTH} 个字，不能只有符号。")
    return words
