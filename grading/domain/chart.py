"""A bar chart drawn as SVG, for print: the same figures give the same drawing."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 16, 28
STEPS = 4


def _round_up(amount: int) -> int:
    """Return a round amount that is not below ``amount``: 1, 2 or 5 times a power of ten, times four."""
    size = 1
    while True:
        for lead in (1, 2, 5):
            if lead * size * STEPS >= amount:
                return lead * size * STEPS
        size *= 10


def amount_zh(fen: int) -> str:
    """Return fen as a short label in yuan: '800', '1.2万'."""
    yuan = fen // 100
    if yuan >= 10_000:
        tenths = yuan // 1000
        return f"{tenths // 10}万" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}万"
    return str(yuan)


def line_chart(title: str, labels: Sequence[str], lines: Sequence[tuple[str, str, Sequence[int]]]) -> str:
    """Return the SVG of several lines over the same labels; lines: name, colour, amounts in fen (may be negative)."""
    every = [amount for _, _, amounts in lines for amount in amounts]
    top, low = _round_up(max([*every, 100])), min([*every, 0])
    bottom = -_round_up(-low) if low < 0 else 0
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def height(amount: int) -> int:
        return TOP + plot_height * (top - amount) // (top - bottom)

    head = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" class="chart-svg"'
    head += ' font-family="Noto Sans CJK SC"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {head}><title>{escape(title)}</title>']
    for step in range(STEPS + 1):
        amount = bottom + (top - bottom) * step // STEPS
        y = height(amount)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#d9d5e3" stroke-width="1"/>')
        shown = f"-{amount_zh(-amount)}" if amount < 0 else amount_zh(amount)
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" font-size="11" fill="#5c5670">{shown}</text>')
    slot = plot_width // len(labels)
    for index, label in enumerate(labels):
        x = LEFT + index * slot + slot // 2
        parts.append(
            f'<text x="{x}" y="{HEIGHT - 10}" text-anchor="middle" font-size="11" fill="#5c5670">{escape(label)}</text>'
        )
    for number, (name, colour, amounts) in enumerate(lines):
        points = " ".join(f"{LEFT + at * slot + slot // 2},{height(amount)}" for at, amount in enumerate(amounts))
        dash = "" if number == 0 else f' stroke-dasharray="{6 - 2 * number} 3"'
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(
            f'<text x="{WIDTH - RIGHT - 70 * (len(lines) - number)}" y="{TOP - 4}" font-size="11" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    parts.append("</svg>")
    return "".join(parts)


def bar_chart(title: str, labels: Sequence[str], amounts: Sequence[int]) -> str:
    """Return the SVG of one bar per label; amounts in fen, not negative."""
    top = _round_up(max([*amounts, 100]))
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    head = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" class="chart-svg"'
    head += ' font-family="Noto Sans CJK SC"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {head}><title>{escape(title)}</title>']
    for step in range(STEPS + 1):
        y = TOP + plot_height - plot_height * step // STEPS
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#d9d5e3" stroke-width="1"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" font-size="11" fill="#5c5670">'
            f"{amount_zh(top * step // STEPS)}</text>"
        )
    slot = plot_width // len(labels)
    bar = slot * 6 // 10
    for index, (label, amount) in enumerate(zip(labels, amounts, strict=True)):
        height = plot_height * amount // top
        x = LEFT + index * slot + (slot - bar) // 2
        parts.append(
            f'<rect x="{x}" y="{TOP + plot_height - height}" width="{bar}" height="{height}" fill="#5b4b9a" rx="2"/>'
        )
        parts.append(
            f'<text x="{x + bar // 2}" y="{HEIGHT - 10}" text-anchor="middle" font-size="11" fill="#5c5670">'
            f"{escape(label)}</text>"
        )
    parts.append("</svg>")
    return "".join(parts)
