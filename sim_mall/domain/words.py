"""Words for search (搜索切词): character uni- and bigrams of Chinese, latin words whole; the same on every database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_WORD = 40
MAX_QUERY_GRAMS = 24
_LATIN = re.compile(r"[0-9a-z]+(?:\.[0-9]+)?")


def normalise(text: str) -> str:
    """Return the text as it is compared: NFKC, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """Split normalised text into (is_latin, run): latin words, and runs of other letters."""
    position, run = 0, ""
    while position < len(text):
        word = _LATIN.match(text, position)
        if word:
            if run:
                yield False, run
                run = ""
            yield True, word.group()[:MAX_WORD]
            position = word.end()
            continue
        ch = text[position]
        if unicodedata.category(ch)[0] in "LNM":
            run += ch
        elif run:
            yield False, run
            run = ""
        position += 1
    if run:
        yield False, run


def index_grams(text: str) -> set[str]:
    """Return the grams under which a text is found."""
    grams: set[str] = set()
    for latin, run in _runs(normalise(text)):
        if latin:
            grams.add(run)
            continue
        grams.update(run)
        grams.update(run[i : i + 2] for i in range(len(run) - 1))
    return grams


def query_grams(text: str) -> list[str]:
    """Return the grams that a listing must all have: bigrams, or the single character of a run of one."""
    grams: dict[str, None] = {}
    for latin, run in _runs(normalise(text)):
        if latin or len(run) == 1:
            grams[run] = None
        else:
            grams.update((run[i : i + 2], None) for i in range(len(run) - 1))
    return list(grams)[:MAX_QUERY_GRAMS]


def name_key(name: str) -> str:
    """Return a shop name as it is compared for uniqueness: NFKC, lower case, without spaces and signs."""
    return "".join(ch for ch in normalise(name) if unicodedata.category(ch)[0] in "LNMS")


def tidy(text: str) -> str:
    """Return a short text as it is stored: trimmed, inner white space single."""
    return " ".join(text.split())
