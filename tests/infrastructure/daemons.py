"""PostgreSQL and Redis for a test session, in temporary folders on free ports.

Run as root the servers drop to their own users, as a plain user they run as that user. A server
that stands already is used instead when TEST_POSTGRES_URL or TEST_REDIS_URL names it.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

from tests.infrastructure.processes import Running, as_user, free_port, listens, make_folder, service_user, start


def _postgres_program(name: str) -> str:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing: ./run test installs it (apt-get install postgresql)")
    return found


def start_postgres() -> tuple[Running, str]:
    """Start a PostgreSQL without durability; return it and the URL of the server, without a database name."""
    owner = service_user("postgres")
    folder = make_folder("test-postgres-", owner)
    data = folder / "data"
    initdb = [_postgres_program("initdb"), "-D", str(data), "-A", "trust", "-U", "app"]
    subprocess.run(  # type: ignore[call-overload]
        [*initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        **as_user(owner),
    )
    port = free_port()
    options = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "autovacuum": "off",
        "jit": "off",
        "timezone": "UTC",
    }
    command = [_postgres_program("postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    running = start(command, folder / "log", folder=folder, owner=owner, cwd=folder, stop_signal=signal.SIGINT)
    running.wait_until(lambda: listens(port) and "ready to accept" in running.tail(), "PostgreSQL")
    return running, f"postgresql+psycopg://app@127.0.0.1:{port}"


def start_redis() -> tuple[Running, str]:
    """Start a Redis without persistence; return it and its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("redis-server is missing: ./run test installs it")
    owner = service_user("redis", "nobody")
    folder = make_folder("test-redis-", owner)
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    running = start([*command, "--dir", str(folder)], folder / "log", folder=folder, owner=owner, cwd=folder)
    running.wait_until(lambda: listens(port), "Redis")
    return running, f"redis://127.0.0.1:{port}/0"
