"""Finding words in texts (敏感词匹配) with Aho-Corasick: white-list contexts, places in the text as typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ahocorasick

# signs that people put between the characters of a word to hide it
FILLERS = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad*·•・_~`^|")


class Level(StrEnum):
    """How strictly a word is meant."""

    BAN = "ban"  # 禁用: stopped, and penalised when submitted anyway
    CAUTION = "caution"  # 慎用: pointed out; penalised only in a strict world


LEVEL_NAMES = {Level.BAN: "禁用", Level.CAUTION: "慎用"}


class Place(StrEnum):
    """Where a text stands."""

    GOODS = "goods"  # 标题、卖点、详情、属性
    CHAT = "chat"  # 客服聊天
    LIVE = "live"  # 直播口播、台词
    REVIEW = "review"  # 评价与回复


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a list. rule: the rule it breaks, R1 to R19. exceptions: phrases in which it is harmless."""

    text: str
    rule: str
    level: Level = Level.BAN
    exceptions: tuple[str, ...] = ()
    advice: str = ""
    places: frozenset[Place] = frozenset({Place.GOODS, Place.LIVE})
    category: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A word found at text[start:end], as typed."""

    word: Word
    start: int
    end: int


def fold(text: str) -> tuple[str, list[int]]:
    """Return the text as it is compared, and for each of its characters the place in the text as typed.

    Width and case are evened out (NFKC); spaces and signs that hide words are left out.
    """
    folded: list[str] = []
    places: list[int] = []
    for place, ch in enumerate(text):
        if ch in FILLERS or (ch == "." and _between_chinese(text, place)):
            continue
        for part in unicodedata.normalize("NFKC", ch).lower():
            if not part.isspace():
                folded.append(part)
                places.append(place)
    return "".join(folded), places


def _between_chinese(text: str, place: int) -> bool:
    """Say whether the sign stands between two Chinese characters, where nobody needs it."""
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return len(around) == 2 and all("\u4e00" <= ch <= "\u9fff" for ch in around)


class Matcher:
    """A word list made ready. Longest match wins; a hit inside one of its word's exceptions is harmless."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._words: list[Word] = []
        self._contexts: dict[str, list[tuple[int, int]]] = {}  # folded phrase -> [(word, offset in the phrase)]
        by_text: dict[str, int] = {}
        for word in words:
            key, _ = fold(word.text)
            if key:
                by_text[key] = len(self._words)
                self._words.append(word)
        for key, index in by_text.items():
            for phrase in self._words[index].exceptions:
                folded, _ = fold(phrase)
                at = folded.find(key)
                if at >= 0:
                    self._contexts.setdefault(folded, []).append((index, at))
        self._finder = ahocorasick.Automaton()
        for key in {*by_text, *self._contexts}:
            self._finder.add_word(key, (by_text.get(key), key))
        self._ready = bool(by_text)
        if self._ready:
            self._finder.make_automaton()

    def __len__(self) -> int:
        return len(self._words)

    def find(self, text: str, place: Place | None = None) -> list[Hit]:
        """Return the hits in the order of the text; of overlapping ones the longest. place: None for every place."""
        if not self._ready or not text:
            return []
        folded, places = fold(text)
        harmless: set[tuple[int, int]] = set()  # (word, start)
        raw: list[tuple[int, int, int]] = []
        for last, (index, key) in self._finder.iter(folded):
            start = last - len(key) + 1
            for owner, offset in self._contexts.get(key, ()):
                harmless.add((owner, start + offset))
            if index is not None:
                raw.append((start, last + 1, index))
        kept: list[Hit] = []
        taken = -1
        for start, end, index in sorted(raw, key=lambda found: (found[0], -found[1])):
            word = self._words[index]
            if (index, start) in harmless or start < taken or (place is not None and place not in word.places):
                continue
            if _within_latin(folded, start, end):
                continue
            taken = end
            kept.append(Hit(word, places[start], places[end - 1] + 1))
        return kept


def _within_latin(folded: str, start: int, end: int) -> bool:
    """Say whether a latin word was hit in the middle of a longer one, such as 'vx' in 'avxb'."""

    def latin(ch: str) -> bool:
        return ch.isascii() and ch.isalpha()

    before = start > 0 and latin(folded[start]) and latin(folded[start - 1])
    after = end < len(folded) and latin(folded[end - 1]) and latin(folded[end])
    return before or after


def excerpt(text: str, start: int, end: int, around: int = 12) -> str:
    """Return the hit with a little of what stands around it, for people to recognise it."""
    left, right = max(0, start - around), min(len(text), end + around)
    return ("…" if left else "") + " ".join(text[left:right].split()) + ("…" if right < len(text) else "")


def overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Say whether [start, end) shares a character with one of the spans."""
    return any(start < right and left < end for left, right in spans)
