"""Processes that a test session starts: own folder, own free port, ended by their id."""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 15.0


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Say whether somebody accepts connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int) -> bool:
    """Say whether a web process answers on the loopback port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def service_user(*names: str) -> pwd.struct_passwd | None:
    """Return the first existing user of the list when we are root (servers refuse to run as root), else None."""
    if os.geteuid() != 0:
        return None
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"none of the users {', '.join(names)} exists")


def make_folder(prefix: str, owner: pwd.struct_passwd | None = None) -> Path:
    """Make a temporary folder that the owner may enter (pytest's own folders are closed to other users)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def as_user(owner: pwd.struct_passwd | None) -> dict[str, object]:
    """Return the arguments of Popen that drop to the owner."""
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@dataclass(slots=True)
class Running:
    """A started process, its log and its folder."""

    process: subprocess.Popen[bytes]
    log: Path
    folder: Path | None = None
    stop_signal: int = signal.SIGTERM

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        """Wait until ready; raises RuntimeError with the tail of the log when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop(keep_folder=True)
                raise RuntimeError(f"{what} did not start:\n{self.tail()}")
            time.sleep(0.02)

    def tail(self, characters: int = 4000) -> str:
        """Return the end of the log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def stop(self, *, keep_folder: bool = False) -> None:
        """End the process, at first politely; remove its folder."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder is not None and not keep_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start(
    command: Sequence[str],
    log: Path,
    *,
    folder: Path | None = None,
    owner: pwd.struct_passwd | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    executable: str | None = None,
    stop_signal: int = signal.SIGTERM,
    descriptors: Sequence[int] = (),
) -> Running:
    """Start a process that writes its output to the log; should this one be killed outright, the kernel ends it.

    descriptors: open files that the process inherits.
    """
    tie = ("setpriv", "--pdeathsig", "TERM") if executable is None and shutil.which("setpriv") else ()
    with log.open("ab") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [*tie, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=cwd,
            executable=executable,
            pass_fds=tuple(descriptors),
            **as_user(owner),
        )
    return Running(process, log, folder, stop_signal)
