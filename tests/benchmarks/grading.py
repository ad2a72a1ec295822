"""`python -m tests.benchmarks.grading`: draw, statistics and print of a plan at full size, and the marking desk.

The desk has 300 papers in its queue, on SQLite; its times are those of the application, without a network.
"""

from __future__ import annotations

import io
import random
import statistics as statistics_of
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pikepdf
from werkzeug.test import TestResponse

from app.core.db import db
from app.factory import create_app
from grading.domain import draw_file
from grading.domain.forecast import Product
from grading.domain.plan_content import SECTIONS, PlanContent
from grading.domain.reliability import Mark, statistics
from grading.services.printing import Cover, render_pdf
from tests.conftest import make_schema, new_app, test_settings
from tests.factories import grading as make
from tests.factories.world import sign_in
from tests.infrastructure.services import Services

PAPERS, ASSESSORS, MARKS = 3_000, 200, 10_000
QUEUE, ROUNDS = 300, 40
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


def _desk() -> None:
    """Print what the pages of an assessor with ``QUEUE`` papers take, once warm: median and slowest."""
    with Services(Path(tempfile.mkdtemp()), make_schema) as services:
        url = services.databases("sqlite").again()
        app = new_app(test_settings(url, Path(tempfile.mkdtemp())))
        with app.app_context():
            stage = make.make_stage(trainees=1, assessors=2)
            make.write_plan(stage.trainees[0], complete=True)
            batch_id = make.drawn_batch(stage)
            codes = make.fill_queue(batch_id, stage.assessors[0], QUEUE)
            client = sign_in(app.test_client(), stage.assessors[0])
        version = {}
        for code in codes[:ROUNDS]:
            client.post(f"/grading/assess/{code}/open")
            page = client.get(f"/grading/assess/{code}").get_data(as_text=True)
            version[code] = page.partition('name="version" value="')[2].partition('"')[0]
        calls: dict[str, Callable[[str], TestResponse]] = {
            "queue": lambda _code: client.get("/grading/assess/"),
            "desk": lambda code: client.get(f"/grading/assess/{code}"),
            "draft": lambda code: client.post(
                f"/grading/assess/{code}/draft", json={"version": version[code], "points-goods": "9"}
            ),
        }
        for name, call in calls.items():
            times = []
            for code in codes[:ROUNDS]:
                began = time.perf_counter()
                assert call(code).status_code == 200
                times.append((time.perf_counter() - began) * 1000)
            title = f"{name}, {QUEUE} papers in the queue"
            print(f"  {title:58} {statistics_of.median(times):6.1f} ms, slowest {max(times):6.1f} ms", flush=True)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def main() -> None:
    """Measure each once and print the seconds."""
    _timed(f"draw of {PAPERS} papers x 2 on {ASSESSORS} assessors", _draw)
    _timed(f"statistics of {MARKS} marks", _statistics)
    with create_app().app_context():
        data = _timed("PDF of a plan", lambda: render_pdf(_plan(), COVER))
    assert isinstance(data, bytes)
    with pikepdf.open(io.BytesIO(data)) as document:
        print(f"  its size: {len(data) // 1024} KiB, pages: {len(document.pages)}")
    _desk()


if __name__ == "__main__":
    main()
