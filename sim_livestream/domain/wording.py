"""Words that stop a message or raise an alarm (敏感词): built in by rule, and the host's own list.

The rules are those of the mall's violation table (commerce model 3.7): R1 absolute terms, R10 contact
outside the platform, R11 abuse, R16 claims of healing, R17 "lowest price of the whole net".
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
ABSOLUTE = (
    "国家级", "世界级", "最高级", "全国第一", "世界第一", "销量第一", "史上最低", "独一无二",
    "绝无仅有", "顶级", "极品", "最佳", "最好用", "最便宜", "百分百有效", "永久",
)  # fmt: skip
HEALING = (
    "治疗", "治愈", "根治", "疗效", "药到病除", "降血压", "降血糖", "降三高", "抗癌", "防癌",
    "消炎", "减肥药", "包治", "祛病", "延年益寿", "壮阳", "丰胸", "无副作用",
)  # fmt: skip
NET_LOWEST = ("全网最低", "全网底价", "全网最便宜", "史上最低价")
ALLOWED = ("第一时间", "最低起订", "最后", "最近", "最新", "最终")  # hold words of the lists and mean no harm
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
    )


def in_speech(text: str) -> Hit | None:
    """Return what a host may not say or show: in the script, on a slide, in a message of the crew."""
    bare = plain(text)
    for allowed in ALLOWED:
        bare = bare.replace(allowed, "")
    return (
        _first(NET_LOWEST, bare, "R17")
        or _first(HEALING, bare, "R16")
        or _first(ABSOLUTE, bare, "R1")
        or _first(CONTACT, bare, "R10")
        or _first(ABUSE, bare, "R11")
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
