"""Drawn pictures (绘制图片) of goods, shops, people, live rooms and categories, as SVG text.

Nothing is fetched or stored: the same words always give the same picture. Tints and layout come from a hash of the
seed, the shape from the category (see motifs).
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

from app.core.motifs import Motif, choose_motif

KINDS = ("product", "shop", "avatar", "cover", "stage", "category")
FONT = "PingFang SC,HarmonyOS Sans SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one picture: two of the ground, three tints of the shape."""

    ground: str
    ground_2: str
    deep: str
    middle: str
    light: str


PALETTES = (
    Palette("#fdf1e7", "#f9dfc9", "#b4542a", "#e79a63", "#fff4ea"),
    Palette("#e8f3ef", "#cfe6dd", "#1f6f5c", "#6db59b", "#f3fbf7"),
    Palette("#eaf0fb", "#d2def5", "#2c4f9e", "#7f9fe0", "#f4f8ff"),
    Palette("#fbecee", "#f6d3d8", "#a83a50", "#e58a9b", "#fff4f5"),
    Palette("#f6f1e1", "#ebdfba", "#8a6414", "#d3aa4a", "#fffaf0"),
    Palette("#efecf9", "#dcd5f2", "#574398", "#a08fd6", "#f8f6ff"),
    Palette("#e6f2f7", "#c8e2ed", "#1c6480", "#6bb0cb", "#f2fafd"),
    Palette("#f0f3e4", "#dbe4be", "#55702a", "#a3bf67", "#fafcf2"),
    Palette("#f7ece6", "#ead3c7", "#7c4a35", "#c48f76", "#fdf6f2"),
    Palette("#eceff1", "#d5dce1", "#3f5361", "#8fa5b4", "#f8fafb"),
    Palette("#fdeee2", "#fbd9bd", "#c2410c", "#f59e5b", "#fff7f0"),
    Palette("#e9f5e9", "#cfe8cf", "#2d6a34", "#7cbf84", "#f5fcf5"),
)


# Things that would look wrong in some tints: places in PALETTES.
TINTS = {
    "水果": (0, 3, 7, 10, 11),
    "茶饮": (0, 1, 7, 8, 11),
    "绿植": (1, 7, 11),
    "生鲜": (1, 2, 6, 11),
    "粮油": (0, 4, 8, 10),
    "零食": (0, 3, 4, 8, 10),
}


class _Dice:
    """Choices drawn one after the other from the hash of a seed."""

    def __init__(self, *parts: str) -> None:
        self._bytes = iter(hashlib.sha256("\x1f".join(parts).encode()).digest())

    def choose(self, count: int) -> int:
        return (next(self._bytes) * 256 + next(self._bytes)) % count


def _width(character: str) -> float:
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.56


def _latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".-")


def wrap_title(title: str, width: float, lines: int) -> list[str]:
    """Break a title into at most so many lines of a width in Chinese characters; what is too long ends in '…'."""
    rest = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    made: list[str] = []
    while rest and len(made) < lines:
        used, cut = 0.0, 0
        while cut < len(rest) and used + _width(rest[cut]) <= width:
            used += _width(rest[cut])
            cut += 1
        start = cut
        while 0 < start < len(rest) and _latin(rest[start]) and _latin(rest[start - 1]):
            start -= 1
        if start and len(made) + 1 < lines:  # A number with its unit, or a Latin word, goes to the next line whole.
            cut = start
        if cut < len(rest) and len(made) + 1 == lines:
            while cut and used + 1 > width:
                cut -= 1
                used -= _width(rest[cut])
            made.append(rest[:cut].rstrip() + "…")
            break
        made.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return made


def _text(words: list[str], place: tuple[int, int], size: int, colour: str, anchor: str = "middle") -> str:
    x, bottom = place
    step = round(size * 1.35)
    top = bottom - step * (len(words) - 1)
    return "".join(
        f'<text x="{x}" y="{top + step * row}" font-family="{FONT}" font-size="{size}" font-weight="600" '
        f'fill="{colour}" text-anchor="{anchor}">{escape(line)}</text>'
        for row, line in enumerate(words)
    )


def _shape(motif: Motif, palette: Palette, place: tuple[int, int], scale: float, turn: int = 0) -> str:
    x, y = place
    drawn = motif.shape
    for letter, colour in (("A", palette.deep), ("B", palette.middle), ("C", palette.light)):
        drawn = drawn.replace(f'"{letter}"', f'"{colour}"')
    spin = f" rotate({turn} 100 100)" if turn else ""
    return f'<g transform="translate({x} {y}) scale({scale:g}){spin}">{drawn}</g>'


def _backdrop(variant: int, palette: Palette, centre: int) -> str:
    tint = palette.ground_2
    if variant == 0:
        return f'<circle cx="200" cy="{centre}" r="132" fill="{tint}"/>'
    if variant == 1:
        box = f'x="84" y="{centre - 116}" width="232" height="232" rx="44"'
        return f'<rect {box} fill="{tint}" transform="rotate(-8 200 {centre})"/>'
    if variant == 2:
        return f'<path d="M0 {centre + 56}q200-44 400 0V400H0z" fill="{tint}"/>'
    if variant == 3:
        return f'<path d="M92 {centre + 118}V{centre - 8}a108 108 0 0 1 216 0v126z" fill="{tint}"/>'
    if variant == 4:
        dots = "".join(
            f'<circle cx="{x}" cy="{y}" r="5"/>'
            for y in range(28, centre + 130, 44)
            for x in range(24 + (y // 44 % 2) * 22, 400, 44)
        )
        return f'<g fill="{tint}">{dots}</g>'
    return f'<path d="M0 0h400L0 {centre + 150}z" fill="{tint}"/>'


def _frame(content: str, label: str, background: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400" role="img">'
        f'<title>{escape(label)}</title><rect width="400" height="400" fill="{background}"/>{content}</svg>'
    )


def _draw_product(title: str, category: str, dice: _Dice) -> str:
    motif = choose_motif(title, category)
    tints = TINTS.get(motif.name, tuple(range(len(PALETTES))))
    palette = PALETTES[tints[dice.choose(len(tints))]]
    variant, turn = dice.choose(6), (-6, 0, 0, 6)[dice.choose(4)]
    words = wrap_title(title, 12, 2)
    centre = 168 if len(words) > 1 else 178
    ground = f'<ellipse cx="200" cy="{centre + 94}" rx="86" ry="9" fill="{palette.deep}" opacity=".12"/>'
    shape = _shape(motif, palette, (100, centre - 102), 1, turn)
    return _frame(
        _backdrop(variant, palette, centre) + ground + shape + _text(words, (200, 372), 26, palette.deep),
        title,
        palette.ground,
    )


def _draw_shop(title: str, category: str, dice: _Dice) -> str:
    palette = PALETTES[dice.choose(len(PALETTES))]
    stripes = "".join(
        f'<path d="M{64 + 68 * i} 84h68v62a34 34 0 0 1-68 0z" fill="{palette.middle if i % 2 else palette.deep}"/>'
        for i in range(4)
    )
    word = (
        f'<text x="200" y="312" font-family="{FONT}" font-size="116" font-weight="700" fill="{palette.deep}" '
        f'text-anchor="middle">{escape(title.strip()[:1] or "店")}</text>'
    )
    house = (
        f'<path d="M82 150h236v190H82z" fill="{palette.light}"/>'
        f'<rect x="64" y="336" width="272" height="14" rx="7" fill="{palette.deep}"/>'
    )
    return _frame(house + stripes + word, f"{title} {category}".strip(), palette.ground_2)


def _draw_avatar(title: str, dice: _Dice) -> str:
    palette = PALETTES[dice.choose(len(PALETTES))]
    shoulders = f'<path d="M60 400q10-122 140-122t140 122z" fill="{palette.deep}"/>'
    face = f'<circle cx="200" cy="186" r="82" fill="{palette.light}"/>'
    tops = (
        "M112 190q-8-104 88-104t88 104q-20-44-60-52-60 20-116 52z",
        "M108 230q-18-146 92-146t92 146q-16 6-26 0 8-50-16-84-50 24-100 0-24 34-16 84-10 6-26 0z",
        "M118 178q0-92 82-92t82 92q-40-22-82-22t-82 22z",
    )
    top = f'<path d="{tops[dice.choose(len(tops))]}" fill="{palette.middle}"/>'
    look = (
        f'<g fill="{palette.deep}"><circle cx="172" cy="196" r="8"/><circle cx="228" cy="196" r="8"/></g>'
        f'<path d="M176 226q24 20 48 0" fill="none" stroke="{palette.deep}" stroke-width="7" stroke-linecap="round"/>'
    )
    return _frame(shoulders + face + top + look, title, palette.ground_2)


def _draw_cover(title: str, category: str, dice: _Dice, *, words: bool) -> str:
    palette = PALETTES[dice.choose(len(PALETTES))]
    light = "".join(
        f'<path d="m{x} 0 54 0 {90 - spread} 300H{x - 30 - spread}z" fill="#fff" opacity=".07"/>'
        for x, spread in ((60, 20), (180, 0), (300, -20))
    )
    stage = '<ellipse cx="200" cy="276" rx="150" ry="26" fill="#000" opacity=".22"/>'
    lit = Palette(palette.ground, palette.ground_2, palette.ground_2, palette.middle, palette.deep)
    shape = _shape(choose_motif(title, category), lit, (96, 66), 1.04)
    name = _text(wrap_title(title, 12, 2), (28, 372), 28, "#fff", anchor="start") if words else ""
    return _frame(
        light + stage + shape + name,
        title,
        palette.deep,
    )


def _draw_category(title: str, category: str) -> str:
    # One tint per motif, so that a row of categories is varied and always the same.
    motif = choose_motif(title, category)
    palette = PALETTES[_Dice("category", motif.name).choose(len(PALETTES))]
    return _frame(_shape(motif, palette, (70, 70), 1.3), title, palette.ground)


def draw_picture(kind: str, title: str, category: str, seed: str) -> str:
    """Return a square picture as SVG text.

    kind: product | shop | avatar | cover | stage (a cover without words) | category. title: shown (product, cover)
    or told to screen readers.
    category: chooses the shape where the title does not. seed: chooses tints and layout. Raises ValueError for an
    unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of picture: {kind}")
    title, category = "".join(c for c in title if c.isprintable()), "".join(c for c in category if c.isprintable())
    dice = _Dice(kind, seed)
    if kind == "shop":
        return _draw_shop(title, category, dice)
    if kind == "avatar":
        return _draw_avatar(title, dice)
    if kind in {"cover", "stage"}:
        return _draw_cover(title, category, dice, words=kind == "cover")
    if kind == "category":
        return _draw_category(title, category)
    return _draw_product(title, category, dice)
