"""The word list of a world (词表): the platform's own words, overlaid by what the world's instructor changed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Issue, NotFound
from app.core.permissions import Permission
from sim_mall.domain.rules.book import WORD_RULES
from sim_mall.domain.rules.matching import Level, Matcher, Word, fold
from sim_mall.domain.rules.starting_words import STARTING_WORDS
from sim_mall.domain.rules.word_files import MAX_WORD, places_of, read_words, write_words
from sim_mall.models.rules import RuleList, RuleWord
from sim_mall.services.notices import note

KEPT = 64  # ready-made lists kept by a process
_ready: dict[int, tuple[str, Matcher]] = {}
_platform = Matcher(STARTING_WORDS)
_places = {word.text: word.places for word in STARTING_WORDS}


@dataclass(frozen=True, slots=True)
class Entry:
    """A word as the list shows it. row_id: of the world's own row; origin: platform, changed or own."""

    word: Word
    active: bool
    origin: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. off: words that came in switched off and why; skipped: (row, why)."""

    taken: int
    off: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[int, str], ...]


def _rows(world_id: int) -> list[RuleWord]:
    return list(db.session.scalars(sa.select(RuleWord).where(RuleWord.world_id == world_id).order_by(RuleWord.id)))


def _as_word(row: RuleWord) -> Word:
    return Word(
        row.text,
        row.rule,
        Level(row.level),
        tuple(row.exceptions),
        row.advice,
        _places.get(row.text) or places_of(row.rule),
        row.category,
    )


def entries(world_id: int) -> list[Entry]:
    """Return the whole list of a world: own words first, then the platform's."""
    rows = {row.text: row for row in _rows(world_id)}
    own = [
        Entry(_as_word(row), row.active, "own", row.reason)
        for row in sorted(rows.values(), key=lambda row: -row.id)
        if row.text not in _places
    ]
    platform = []
    for word in STARTING_WORDS:
        row = rows.get(word.text)
        platform.append(
            Entry(word, True, "platform") if row is None else Entry(_as_word(row), row.active, "changed", row.reason)
        )
    return own + platform


def matcher_of(world_id: int) -> Matcher:
    """Return the world's list made ready; built anew when its revision has moved."""
    revision = db.session.scalar(sa.select(RuleList.revision).where(RuleList.world_id == world_id))
    if revision is None:
        return _platform
    kept = _ready.get(world_id)
    if kept is None or kept[0] != revision:
        while len(_ready) >= KEPT:
            _ready.pop(next(iter(_ready)))
        kept = revision, Matcher(entry.word for entry in entries(world_id) if entry.active)
        _ready[world_id] = kept
    return kept[1]


def _touch(world_id: int) -> None:
    """Give the list a new revision; a random one, so that a rolled-back change can never be taken for a later one."""
    db.session.flush()
    token = secrets.token_hex(8)
    changed = db.session.execute(
        sa.update(RuleList)
        .where(RuleList.world_id == world_id)
        .values(revision=token)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) == 0:
        db.session.add(RuleList(world_id=world_id, revision=token))
        db.session.flush()


def save_word(actor: Actor, text: str, rule: str, level: str, exceptions: str, advice: str) -> None:
    """Add a word to the world's list, or change one. exceptions: phrases, one a line.

    Raises InvalidInput naming the field.
    """
    actor.require(Permission.MALL_SHOP_REVIEW)
    text = text.strip()
    if not 1 <= len(text) <= MAX_WORD or not fold(text)[0]:
        raise InvalidInput(f"词语应为 1 到 {MAX_WORD} 个字。", field="text")
    if rule not in WORD_RULES:
        raise InvalidInput("请选择这个词属于哪条规则。", field="rule")
    if level not in set(Level):
        raise InvalidInput("请选择禁用或慎用。", field="level")
    phrases = tuple(dict.fromkeys(line.strip()[:MAX_WORD] for line in exceptions.splitlines() if line.strip()))
    wrong = next((phrase for phrase in phrases if fold(text)[0] not in fold(phrase)[0]), None)
    if wrong is not None:
        raise InvalidInput(f"例外“{wrong}”里没有词语“{text}”，请写完整的短语，例如“第一时间”。", field="exceptions")
    word = Word(text, rule, Level(level), phrases, advice.strip()[:200])
    world_id = actor.world()
    _put(world_id, word, active=True)
    _touch(world_id)
    note(actor, world_id, "rules.word_saved", f"word:{text}", {"rule": rule, "level": level, "exceptions": phrases})


def _put(world_id: int, word: Word, *, active: bool, reason: str = "") -> RuleWord:
    query = sa.select(RuleWord).where(RuleWord.world_id == world_id, RuleWord.text == word.text)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        row = RuleWord(world_id=world_id, text=word.text)
        db.session.add(row)
    row.rule, row.level, row.advice = word.rule, word.level, word.advice
    row.exceptions, row.category = list(word.exceptions), word.category or row.category or ""
    row.active, row.reason = active, reason[:200]
    return row


def switch_word(actor: Actor, text: str, *, active: bool) -> None:
    """Switch a word of the list on or off. Raises NotFound for a word that is not in it."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    world_id = actor.world()
    entry = next((entry for entry in entries(world_id) if entry.word.text == text), None)
    if entry is None:
        raise NotFound
    _put(world_id, entry.word, active=active)
    _touch(world_id)
    note(actor, world_id, "rules.word_switched", f"word:{text}", {"active": active})


def reset_words(actor: Actor) -> int:
    """Go back to the platform's own list; return how many words of the world were dropped."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    world_id = actor.world()
    rows = _rows(world_id)
    for row in rows:
        db.session.delete(row)
    _touch(world_id)
    note(actor, world_id, "rules.words_reset", f"world:{world_id}", {"dropped": len(rows)})
    return len(rows)


def import_words(actor: Actor, data: bytes) -> Imported:
    """Take the words of a CSV into the world's list, all or nothing.

    Raises InvalidInput with every bad row; rows that are no words (patterns) are skipped and named.
    """
    actor.require(Permission.MALL_SHOP_REVIEW)
    reading = read_words(data)
    if reading.problems:
        issues = [Issue(text, column, row) for row, column, text in reading.problems[:50]]
        first = reading.problems[0]
        raise InvalidInput(f"第 {first[0]} 行“{first[1]}”：{first[2]}整个文件没有导入。", field="file", issues=issues)
    if not reading.rows:
        raise InvalidInput("文件里没有词语，请至少填写一行。", field="file")
    world_id = actor.world()
    known = {row.text: row for row in _rows(world_id)}
    for row in reading.rows:
        word = row.word
        found = known.get(word.text)
        if found is None:
            found = RuleWord(world_id=world_id, text=word.text)
            db.session.add(found)
        found.rule, found.level, found.advice = word.rule, word.level, word.advice
        found.exceptions, found.category = list(word.exceptions), word.category
        found.active, found.reason = row.on, row.reason[:200]
    _touch(world_id)
    off = tuple((row.word.text, row.reason) for row in reading.rows if not row.on)
    note(actor, world_id, "rules.words_imported", f"world:{world_id}", {"words": len(reading.rows), "off": len(off)})
    return Imported(len(reading.rows), off, reading.skipped)


def export_words(actor: Actor) -> bytes:
    """Return the world's list as a CSV that can be imported again."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    return write_words([(entry.word, entry.active) for entry in entries(actor.world())])
