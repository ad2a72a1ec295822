"""``python -m tests.benchmarks.live``: viewers of one room on a real server; both share the machine.

python -m tests.benchmarks.live --viewers 10000            one process: spread, order, latency, CPU, memory
python -m tests.benchmarks.live --viewers 10000 --deaf 1   one viewer in a hundred stops reading
python -m tests.benchmarks.live --viewers 10000 --restart  all reconnect after a restart
python -m tests.benchmarks.live --processes 2 --viewers 20000
python -m tests.benchmarks.live --viewers 10000 --node     socket.io on Node under the same client, for the ratio
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.crowd import inside, make_crowd, tickets
from tests.benchmarks.visitor import Visitor
from tests.conftest import make_schema
from tests.infrastructure.processes import answers, free_port, listens, start
from tests.infrastructure.server import BIN, ROOT, Server, clean_environment
from tests.infrastructure.services import Services

HERE = Path(__file__).parent
NODE = HERE / "node"
MOST_SOCKETS = 12_000  # of one load client
PAGES = ("/live/", "/mall/")


class LoadClient:
    """One process of viewers."""

    def __init__(self, port: int, room: int, shown: list[str], *, spread: float, deaf: float) -> None:
        self._process = subprocess.Popen(
            [str(BIN / "node"), str(HERE / "viewers.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        plan = {"port": port, "namespace": "/live", "room": room, "tickets": shown, "spread": spread, "deaf": deaf}
        self.tell(json.dumps(plan))

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in told:
            raise SystemExit(told["error"])
        return told

    def ask(self, line: str) -> dict[str, Any]:
        self.tell(line)
        return self.answer()

    def stop(self) -> None:
        self.tell("quit")
        self._process.wait(timeout=20)


class Meter:
    """CPU seconds and memory of a process and its children, from /proc."""

    def __init__(self, pid: int) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.pids = [pid, *(int(child) for child in children)]

    def cpu(self) -> float:
        ticks = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss(self) -> int:
        """Return KiB."""
        return sum(
            int(line.split()[1])
            for pid in self.pids
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmRSS")
        )


class Pages(threading.Thread):
    """Asks for pages one after the other beside the viewers, and notes how long each took."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.times, self.going = port, [], True  # type: ignore[var-annotated]

    def run(self) -> None:
        visitor = Visitor(self.port)
        while self.going:
            for path in ("/login", "/healthz"):
                self.times.append(visitor.request("GET", path)[2])
            time.sleep(0.5)
        visitor.close()

    def stop(self) -> float:
        self.going = False
        self.join(10)
        return sorted(self.times)[len(self.times) // 2]


def _listening() -> socket.socket:
    """Return a listening socket that stays open while a process restarts, as systemd keeps it (deploy/systemd)."""
    kept = socket.create_server(("127.0.0.1", 0), backlog=4096)
    kept.set_inheritable(True)
    return kept


def _web(server: Server, kept: socket.socket) -> Any:
    port = kept.getsockname()[1]
    running = start(
        [str(BIN / "gunicorn"), "-c", "deploy/gunicorn.conf.py", "app.wsgi:app"],
        server.folder / f"web-{port}.log",
        environment=clean_environment(**{**server.environment, "BIND": f"fd://{kept.fileno()}"}),
        cwd=ROOT,
        descriptors=[kept.fileno()],
    )
    running.wait_until(lambda: answers(port), "the web process")
    return running


def _median_page(port: int, seconds: float) -> float:
    pages = Pages(port)
    pages.start()
    time.sleep(seconds)
    return pages.stop()


def measure(options: argparse.Namespace, services: Services) -> None:
    """Print what one run of our own server gave."""
    databases = services.databases(options.backend)
    url = databases.empty()
    server = Server(url, TICKER="on", REDIS_URL=services.redis_url if options.processes > 1 else "")
    server.flask("up")
    with inside(server):
        crowd = make_crowd(options.viewers)
    kept = [_listening() for _ in range(options.processes)]
    ports = [one.getsockname()[1] for one in kept]
    running = [_web(server, one) for one in kept]
    for port in ports:
        Visitor(port).request("GET", "/login")  # the first page of a process compiles its template
    with inside(server):
        shown = tickets(crowd)  # good for two minutes, so as late as possible
    try:
        clients = _crowd_of(options, ports, crowd.show.number, shown)
        try:
            _watch(options, clients, ports[0], [Meter(process.process.pid) for process in running])
            if options.restart:
                begun = time.monotonic()
                running[0].stop()
                clients[0].tell("again 10")
                running[0] = _web(server, kept[0])
                print(f"  the server answers again after {time.monotonic() - begun:.1f} s")
                print("  reconnected", json.dumps(clients[0].answer()))
        finally:
            for client in clients:
                client.stop()
    finally:
        for process in running:
            process.stop()
        for one in kept:
            one.close()
        databases.drop(url)


def measure_node(options: argparse.Namespace) -> None:
    """Print what a socket.io server on Node gave under the same client."""
    if not (NODE / "node_modules").is_dir():
        subprocess.run([str(BIN / "npm"), "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(BIN / "node"), str(NODE / "server.mjs"), str(port)]
        running = start(command, Path(folder) / "node.log", environment=clean_environment(), cwd=ROOT)
        running.wait_until(lambda: listens(port), "the Node server")
        clients = _crowd_of(options, [port], 1, ["anybody"] * options.viewers)
        try:
            _watch(options, clients, port, [Meter(running.process.pid)])
        finally:
            for client in clients:
                client.stop()
            running.stop()


def _crowd_of(options: argparse.Namespace, ports: list[int], room: int, shown: list[str]) -> list[LoadClient]:
    share = -(-options.viewers // max(len(ports), -(-options.viewers // MOST_SOCKETS)))
    return [
        LoadClient(
            ports[number % len(ports)],
            room,
            shown[number * share : (number + 1) * share],
            spread=options.spread,
            deaf=options.deaf / 100,
        )
        for number in range(-(-options.viewers // share))
    ]


def _watch(options: argparse.Namespace, clients: list[LoadClient], port: int, meters: list[Meter]) -> None:
    """Let the viewers in, let them write, and print times, CPU and memory."""
    idle_page = _median_page(port, 2)
    empty = sum(meter.rss() for meter in meters)
    before = sum(meter.cpu() for meter in meters)
    for client in clients:
        client.tell("connect")
    joined = [client.answer() for client in clients]
    connect_cpu = sum(meter.cpu() for meter in meters) - before
    print("  joined", json.dumps(joined))
    print(f"  connecting: {connect_cpu:.1f} s CPU, {connect_cpu / options.viewers * 1000:.2f} ms a viewer")
    time.sleep(3)
    full = sum(meter.rss() for meter in meters)
    print(f"  memory: {(full - empty) / options.viewers:.1f} KiB a viewer ({empty // 1024} -> {full // 1024} MiB)")
    print(f"  load average {os.getloadavg()[0]:.2f}")
    pages = Pages(port)
    pages.start()
    before, begun = sum(meter.cpu() for meter in meters), time.monotonic()
    for client in clients:
        client.tell(f"measure {options.seconds} {options.writers // len(clients)}")
    told = [client.answer() for client in clients]
    took = time.monotonic() - begun
    cpu = sum(meter.cpu() for meter in meters) - before
    busy_page = pages.stop()
    for one in told:
        print("  ", json.dumps(one))
    frames = sum(one["events"] for one in told)
    print(f"  server {cpu / took:.1%} of one core, {frames} frames, {cpu / frames * 100_000:.2f} s CPU per 100k")
    print(f"  page p50 idle {idle_page:.1f} ms, beside the viewers {busy_page:.1f} ms")
    print(f"  memory after: {sum(meter.rss() for meter in meters) // 1024} MiB")


def main(arguments: list[str]) -> None:
    """Measure as asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.live", description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--spread", type=float, default=10.0)
    parser.add_argument("--writers", type=int, default=200)
    parser.add_argument("--deaf", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--restart", action="store_true")
    parser.add_argument("--node", action="store_true")
    options = parser.parse_args(arguments)
    if options.node:
        measure_node(options)
        return
    with tempfile.TemporaryDirectory() as folder, Services(Path(folder), make_schema) as services:
        measure(options, services)


if __name__ == "__main__":
    main(sys.argv[1:])
