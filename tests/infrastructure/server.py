"""A real server as people start it: gunicorn with the project's configuration, and the job worker."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.infrastructure.processes import Running, answers, free_port, make_folder, start

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# settings of the person's own shell must not reach a server under test
FOREIGN = (
    *("APP_MODE", "SECRET_KEY", "FIELD_KEYS", "DATABASE_URL", "REDIS_URL", "STORAGE_URL", "VAR_DIR", "TICKER"),
    *("PUBLIC_URL", "TRUSTED_PROXIES", "UPLOAD_LIMIT_MB", "SIGN_IN_DAYS", "DEMO_PASSWORD", "JOBS_INLINE"),
    "PYTHONDONTWRITEBYTECODE",
)


def clean_environment(**settings: str) -> dict[str, str]:
    """Return the environment of a server process: the machine's, less any settings of the platform, plus these."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "FLASK_APP": "app.wsgi", "PYTHONUNBUFFERED": "1", **settings}


def flask(settings: Mapping[str, str], *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a flask command with these settings. Raises RuntimeError with its output when it fails and check is set."""
    done = subprocess.run(
        [str(BIN / "flask"), "--app", "app.wsgi", *arguments],
        check=False,
        cwd=ROOT,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"flask {' '.join(arguments)} answered {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


class Server:
    """One running platform with a database and a VAR_DIR of its own.

    base_url: address of the web process. demo_password: of the demo accounts, when started with demo=True.
    """

    demo_password = "Demo-2026"

    def __init__(self, database_url: str, *, demo: bool = False, **settings: str) -> None:
        """Take a folder and a free port; settings: environment of both processes, for example ``TICKER="off"``."""
        self.demo = demo
        self.database_url = database_url
        self.folder = make_folder("test-server-")
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "APP_MODE": "demo" if demo else "test",
            "JOBS_INLINE": "off",
            "DATABASE_URL": database_url,
            "VAR_DIR": str(self.folder / "var"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DEMO_PASSWORD": self.demo_password,
            **settings,
        }
        self.var_dir = self.folder / "var"
        self.var_dir.mkdir()
        self._running: list[Running] = []

    def flask(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a flask command on this server's data, for example ``server.flask("audit", "verify")``."""
        return flask(self.environment, *arguments, check=check)

    def prepare(self) -> Server:
        """Migrate and, in demo mode, load the demo data."""
        self.flask("up")
        return self

    def start(self) -> Server:
        """Prepare the database where it is not, then start web and worker."""
        self.prepare()
        self._running.append(self._start_web())
        worker = [str(BIN / "huey_consumer"), "app.worker.huey", "-k", "process", "-w", "1", "-q"]
        environment = clean_environment(**self.environment)
        self._running.append(start(worker, self.folder / "worker.log", environment=environment, cwd=ROOT))
        self._running[0].wait_until(self._answers, "the web process")
        return self

    def _start_web(self) -> Running:
        web = [str(BIN / "gunicorn"), "-c", "deploy/gunicorn.conf.py", "app.wsgi:app"]
        environment = clean_environment(**self.environment)
        return start(web, self.folder / "web.log", environment=environment, cwd=ROOT)

    def kill_web(self) -> None:
        """End the web process and its worker as ``kill -9`` does: nothing of theirs is finished or tidied."""
        parent = self._running[0].process
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        for pid in (parent.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        parent.wait()

    def start_web(self) -> None:
        """Start the web process again on the same address."""
        self._running[0] = self._start_web()
        self._running[0].wait_until(self._answers, "the web process")

    def _answers(self) -> bool:
        return answers(self.port)

    def log(self) -> str:
        """Return the end of both logs."""
        return "\n".join(f"--- {running.log.name}\n{running.tail()}" for running in self._running)

    def stop(self) -> None:
        """End both processes and remove the folder."""
        for running in reversed(self._running):
            running.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
