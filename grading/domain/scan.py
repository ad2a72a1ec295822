"""Automatic scan (自动扫描) of a scrubbed paper for what may still name its author; a screener looks at the hits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

AROUND = 12  # characters of context
MOST_HITS = 40
NUMERALS = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_SPELT = re.compile(rf"[{NUMERALS}][\s·.,，、-]{{0,2}}(?:[{NUMERALS}][\s·.,，、-]{{0,2}}){{9,17}}")
_SELF = re.compile(r"我叫|本人姓名|我的名字|鄙人姓|我姓[\u4e00-\u9fff]|加我微信|加微信|扫码加|我的电话|身份证号")
_LETTERS = re.compile(r"[a-z]+(?:[\s'’._-]?[a-z]+)*")
SHORTEST_SPELLING = 5


@dataclass(frozen=True, slots=True)
class Hit:
    """One place to look at: which part, what kind, the words around it."""

    where: str
    kind: str
    excerpt: str

    def as_json(self) -> dict[str, str]:
        return {"where": self.where, "kind": self.kind, "excerpt": self.excerpt}


KINDS = {
    "spelling": "疑似姓名拼音",
    "numerals": "疑似用汉字写的号码",
    "self": "可能在介绍自己",
    "token": "名单里的词",
    "picture": "有图片，请逐张查看",
    "code": "图片里有二维码或条码（已遮盖）",
}


def spellings(tokens: Iterable[str]) -> set[str]:
    """Return the pinyin of names of two to four characters, in any order of family and given name, letters alone."""
    from pypinyin import lazy_pinyin

    found = set()
    for token in tokens:
        if 2 <= len(token) <= 4 and all("\u4e00" <= ch <= "\u9fff" for ch in token):
            parts = lazy_pinyin(token)
            found |= {"".join([*parts[at:], *parts[:at]]) for at in range(len(parts))}
    return {one for one in found if len(one) >= SHORTEST_SPELLING}


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, where or str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, where)


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - AROUND) : end + AROUND].replace("\n", " ")


def scan(blind: Mapping[str, Any], tokens: Iterable[str]) -> list[Hit]:
    """Return what a screener should look at in a scrubbed paper, part by part; empty when nothing is odd."""
    words = {token for token in tokens if len(token) >= 2}
    latin = spellings(words)
    hits = []
    for part in ("report", "plan", "exhibits"):
        for _, text in _texts(blind.get(part), part):
            plain = unicodedata.normalize("NFKC", text)
            for word in words:
                if word in plain:
                    at = plain.index(word)
                    hits.append(Hit(part, "token", _around(plain, at, at + len(word))))
            for pattern, kind in ((_SPELT, "numerals"), (_SELF, "self")):
                hits += [Hit(part, kind, _around(plain, *match.span())) for match in pattern.finditer(plain)]
            lower = plain.lower()
            for match in _LETTERS.finditer(lower):
                letters = re.sub(r"[^a-z]", "", match.group())
                if any(one in letters for one in latin):
                    hits.append(Hit(part, "spelling", _around(plain, *match.span())))
    return hits[:MOST_HITS]
