"""Word lists as files (词表导入导出): CSV with Chinese or known foreign column names, each bad row named."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from sim_mall.domain.rules.book import RULES, WORD_RULES
from sim_mall.domain.rules.matching import LEVEL_NAMES, Level, Matcher, Place, Word
from sim_mall.domain.rules.starting_words import HARMLESS, STARTING_WORDS

MAX_ROWS = 5_000
MAX_WORD = 40
COLUMNS = ("词语", "规则", "程度", "分类", "例外", "建议", "状态")
ON, OFF = "启用", "停用"
_NAMES = {
    "word": "词语",
    "词": "词语",
    "rule": "规则",
    "level": "程度",
    "category": "分类",
    "exceptions": "例外",
    "suggestion": "建议",
    "match": "方式",
    "default_on": "默认",
}
# categories that other people's lists use → our rule
_CATEGORIES = {
    "医疗": "R16",
    "疾病": "R16",
    "化妆": "R16",
    "保健": "R16",
    "效果": "R13",
    "收益": "R13",
    "广告引流": "R10",
    "违禁": "R16",
    "管制": "R16",
    "辱骂": "R11",
}
_LEVELS = {
    "ban": Level.BAN,
    "禁用": Level.BAN,
    "caution": Level.CAUTION,
    "evidence": Level.CAUTION,
    "慎用": Level.CAUTION,
}
_SPOKEN = frozenset({Place.CHAT, Place.LIVE, Place.REVIEW})


@dataclass(frozen=True, slots=True)
class Row:
    """One word of a file. reason: why it comes in switched off, '' when it is on."""

    word: Word
    on: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file read. skipped: (row number, why) of rows that are no words and were left out."""

    rows: tuple[Row, ...]
    skipped: tuple[tuple[int, str], ...]
    problems: tuple[tuple[int, str, str], ...]  # (row number, column, sentence): nothing is imported


def places_of(rule: str) -> frozenset[Place]:
    """Return where a word of this rule is looked for."""
    if rule == "R11":
        return frozenset(Place)
    return _SPOKEN if rule == "R10" else frozenset({Place.GOODS, Place.LIVE})


def read_words(data: bytes) -> Reading:
    """Read a CSV. A word that hits one of the harmless sentences comes in switched off, with the sentence as reason."""
    text = _decode(data)
    if text is None:
        return Reading((), (), ((0, "文件", "文件不是 UTF-8 或 GB18030 编码的文本，请用“另存为 CSV”重新保存。"),))
    lines = csv.reader(io.StringIO(text, newline=""))
    head = [_NAMES.get(name.strip().lower(), name.strip()) for name in next(lines, [])]
    if "词语" not in head:
        return Reading((), (), ((1, "词语", "第一行要有“词语”（或 word）这一列，请下载现有词表作为样例。"),))
    rows: dict[str, Row] = {}
    skipped: list[tuple[int, str]] = []
    problems: list[tuple[int, str, str]] = []
    known = {word.text: word for word in STARTING_WORDS}
    for number, line in enumerate(lines, 2):
        if not any(cell.strip() for cell in line):
            continue
        if number > MAX_ROWS + 1:
            problems.append((number, "文件", f"一次最多导入 {MAX_ROWS} 个词，请拆分文件。"))
            break
        cells = {name: cell.strip() for name, cell in zip(head, line, strict=False)}
        if cells.get("方式") == "regex":
            skipped.append((number, "是正则表达式，词表只收词语"))
            continue
        row, problem = _row(cells, known)
        if problem:
            problems.append((number, *problem))
        elif row is not None:
            rows.setdefault(row.word.text, row)
    return Reading(tuple(rows.values()), tuple(skipped), tuple(problems))


def _decode(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _row(cells: dict[str, str], known: dict[str, Word]) -> tuple[Row | None, tuple[str, str] | None]:
    text = "".join(cells.get("词语", "").split("\n")).strip()
    if not 1 <= len(text) <= MAX_WORD:
        return None, ("词语", f"词语应为 1 到 {MAX_WORD} 个字。")
    category = cells.get("分类", "")
    rule = cells.get("规则", "").upper().split(" ")[0] or _rule_of(category)
    if rule not in WORD_RULES:
        return None, ("规则", f"规则应是 {'、'.join(WORD_RULES)} 之一，现在是“{rule[:10]}”。")
    level = _LEVELS.get(cells.get("程度", "") or ("ban" if rule != "R10" else "caution"))
    if level is None:
        return None, ("程度", "程度应为“禁用”或“慎用”。")
    exceptions = [part.strip() for part in cells.get("例外", "").replace("；", "|").replace(";", "|").split("|")]
    ours = known.get(text)
    merged = tuple(dict.fromkeys([*(part for part in exceptions if part), *(ours.exceptions if ours else ())]))
    wrong = [part for part in merged if text.lower() not in part.lower()]
    if wrong and not ours:
        return None, ("例外", f"例外“{wrong[0][:20]}”里没有词语“{text}”，请写完整的短语。")
    word = Word(text, rule, level, merged, cells.get("建议", "")[:200], places_of(rule), category[:40])
    reason = harm_of(word)
    if cells.get("状态") == OFF or (cells.get("默认") == "否" and ours is None):
        return Row(word, False, reason or "文件里标为停用"), None
    return Row(word, not reason, reason), None


def _rule_of(category: str) -> str:
    return next((rule for part, rule in _CATEGORIES.items() if part in category), "R1")


def harm_of(word: Word) -> str:
    """Return the harmless sentence that the word would hit wherever it stood, '' when it hits none."""
    probe = Matcher([word])
    return next((sentence for sentence in HARMLESS if probe.find(sentence)), "")


def write_words(rows: list[tuple[Word, bool]]) -> bytes:
    """Return the list as a CSV that spreadsheets open; reading it again gives the same list."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for word, on in rows:
        cells = (
            word.text,
            f"{word.rule} {RULES[word.rule].name}",
            LEVEL_NAMES[word.level],
            word.category,
            "|".join(word.exceptions),
            word.advice,
            ON if on else OFF,
        )
        writer.writerow([_safe(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _safe(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return "'" + cell if cell[:1] in "=+-@\t\r" else cell
