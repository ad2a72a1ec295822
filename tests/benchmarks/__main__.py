"""``./run bench``: start of a command, demo data, pages of each role alone and under load; on both databases."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.visitor import Visitor
from tests.conftest import make_schema
from tests.infrastructure.server import Server
from tests.infrastructure.services import Services

PAGES: dict[str, tuple[str, ...]] = {
    "trainee01": (
        "/",
        "/mall/",
        "/mall/search?q=茶",
        "/mall/orders/",
        "/seller/",
        "/seller/orders/",
        "/supply/",
        "/live/",
    ),
    "instructor01": ("/", "/classes/", "/dashboards/"),
    "orgadmin": ("/", "/classes/"),
    "centre": ("/", "/grading/batches/"),
    "supervisor": ("/", "/dashboards/"),
}
ROUNDS = 20
LOAD_VISITORS = 16
LOAD_SECONDS = 10.0


def _spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"p50 {statistics.median(ordered):7.1f} ms   p95 {ordered[int(len(ordered) * 0.95) - 1]:7.1f} ms"


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def measure_commands(server: Server) -> None:
    """Print how long a command takes to start, and a second ``flask up``."""
    for command in (("audit", "--help"), ("up",)):
        times = [_timed(partial(server.flask, *command)) for _ in range(5)]
        print(f"  flask {' '.join(command):38} {_spread(times)}")


def measure_pages(server: Server) -> None:
    """Print the time of each page, asked for one after the other."""
    for login, paths in PAGES.items():
        visitor = Visitor(server.port)
        visitor.sign_in(login, server.demo_password)
        for path in paths:
            answers = [visitor.request("GET", path) for _ in range(ROUNDS)]
            states = sorted({status for status, _, _ in answers})
            print(f"  {login:13} {path:30} {states}  {_spread([took for _, _, took in answers[1:]])}")
        visitor.close()


def measure_load(server: Server) -> None:
    """Print requests per second of visitors who walk through the mall at the same time."""
    times: list[float] = []
    failed: list[int] = []
    until = time.monotonic() + LOAD_SECONDS

    def walk(number: int) -> None:
        visitor = Visitor(server.port)
        visitor.sign_in(f"trainee{number + 1:02}", server.demo_password)
        while time.monotonic() < until:
            for path in PAGES["trainee01"][:5]:
                status, _, took = visitor.request("GET", path)
                times.append(took)
                if status >= 500:
                    failed.append(status)
        visitor.close()

    threads = [threading.Thread(target=walk, args=(number,)) for number in range(LOAD_VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(times) / LOAD_SECONDS
    print(f"  {LOAD_VISITORS} visitors: {rate:.0f} pages/s   {_spread(times)}   {len(failed)} failed")


def main() -> None:
    """Measure on the databases that were asked for."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), action="append")
    backends = parser.parse_args().backend or ["sqlite", "postgres"]
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        for backend in backends:
            print(f"== {backend}")
            took = _timed(partial(services.server, backend, demo=True))
            print(f"  migrations, demo data, first page       {took / 1000:.1f} s")
            server = services.server(backend, demo=True)
            measure_commands(server)
            measure_pages(server)
            measure_load(server)


if __name__ == "__main__":
    main()
