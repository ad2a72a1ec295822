"""`python -m tests.benchmarks.grading`: the draw, the statistics and the print of a plan at full size; no database."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

import pikepdf

from app.factory import create_app
from grading.domain import draw_file
from grading.domain.forecast import Product
from grading.domain.plan_content import SECTIONS, PlanContent
from grading.domain.reliability import Mark, statistics
from grading.services.printing import Cover, render_pdf

PAPERS, ASSESSORS, MARKS = 3_000, 200, 10_000
COVER = Cover("王小美", "网创一班", "示例学校", 3, datetime(2026, 11, 20, tzinfo=UTC), "a" * 64, True)


def _timed(title: str, call: Callable[[], object]) -> object:
    began = time.perf_counter()
    found = call()
    print(f"  {title:58} {time.perf_counter() - began:6.2f} s", flush=True)
    return found


def _draw() -> object:
    chance = random.Random("bench")  # noqa: S311 - figures for a benchmark
    schools, classes = [f"S{n}" for n in range(60)], [f"C{n}" for n in range(120)]
    return draw_file.run(
        draw_file.parse_draw(
            {
                "papers": [
                    {"id": f"P{n}", "class": chance.choice(classes), "institution": chance.choice(schools)}
                    for n in range(PAPERS)
                ],
                "assessors": [
                    {
                        "id": f"A{n}",
                        "institution": chance.choice(schools),
                        "teaches": chance.sample(classes, 2),
                        "cap": 60,
                    }
                    for n in range(ASSESSORS)
                ],
                "conflicts": [],
                "k": 2,
                "seed": "bench",
            }
        )
    )


def _statistics() -> object:
    chance = random.Random("bench")  # noqa: S311 - figures for a benchmark
    marks = [
        Mark(f"P{n // 2}", f"A{(n * 7 + n // 2) % ASSESSORS}", Fraction(chance.randint(40, 100))) for n in range(MARKS)
    ]
    return statistics(marks, Fraction(60))


def _plan() -> PlanContent:
    text = "\n".join("目标顾客是周边上班族，看重产地、复购和当日回复，淡旺季分明，数字都有出处。" * 4 for _ in range(6))
    products = tuple(Product(f"产品{n}", 2_990, 1_500, tuple(range(10, 130, 10))) for n in range(6))
    return PlanContent("山货小店", {one.key: text for one in SECTIONS}, products)


def main() -> None:
    """Measure each once and print the seconds."""
    _timed(f"draw of {PAPERS} papers x 2 on {ASSESSORS} assessors", _draw)
    _timed(f"statistics of {MARKS} marks", _statistics)
    with create_app().app_context():
        data = _timed("PDF of a plan", lambda: render_pdf(_plan(), COVER))
    assert isinstance(data, bytes)
    with pikepdf.open(io.BytesIO(data)) as document:
        print(f"  its size: {len(data) // 1024} KiB, pages: {len(document.pages)}")


if __name__ == "__main__":
    main()
