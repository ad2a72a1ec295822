"""How gunicorn runs the web process: one gevent worker for pages, sockets and the ticker.

Used by ``./run app``, by the systemd unit and by the tests: ``gunicorn -c deploy/gunicorn.conf.py app.wsgi:app``.
Several web processes are several gunicorns with one worker each (see deploy/README.md), because
Socket.IO rooms belong to a process and meet over Redis.
"""

# ruff: noqa: E402 - the patch must come before everything that touches sockets, threads or ssl
from gevent import monkey

monkey.patch_all()

import gc
import os
import resource
import sys
from pathlib import Path
from typing import Any

import gevent
from gunicorn.workers import ggevent

VIEWERS = 12_000  # open connections of one process: 10,000 viewers, pages beside them
SPARE_FILES = 1_000  # databases, logs, uploads
COLLECT_SECONDS = 300
DRAIN_SECONDS = 2  # pages are answered well within this; browsers and viewers reconnect by themselves


def _raise_file_limit(wanted: int) -> None:
    """Raise the limit of open files; say it plainly when the machine does not allow enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < wanted:
            room = max(hard - SPARE_FILES, 0)
            print(
                f"提示：系统只允许打开 {hard} 个文件，最多约 {room} 人同时在线；"
                f"需要更多时请设置 ulimit -n {wanted}（systemd 用 LimitNOFILE={wanted}）。",
                file=sys.stderr,
            )


class _Handler(ggevent.PyWSGIHandler):
    """Hands Socket.IO connections over to the keeper of the process and lets go of them."""

    socket: Any
    environ: dict[str, Any]

    def run_application(self) -> None:
        keeper = self.server.application.extensions["realtime_keeper"]
        if not keeper.wants(self.environ):
            super().run_application()
            return
        self.close_connection = True
        refused = keeper.refusal(self.environ)
        if refused is not None:
            self.socket.sendall(f"HTTP/1.1 {refused.value} {refused.phrase}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        descriptor = self.socket.detach()
        self.socket = None
        keeper.take(self.environ, descriptor)


class _Worker(ggevent.GeventPyWSGIWorker):
    """Ends in one way only: Ctrl-C reaches it from the terminal and from its parent, often at the same moment."""

    wsgi_handler = _Handler

    def handle_quit(self, sig: int, frame: Any) -> None:
        self.alive = False


_raise_file_limit(VIEWERS + SPARE_FILES)

_host = os.environ.get("HOST", "").strip() or "127.0.0.1"
_port = os.environ.get("PORT", "").strip() or "8000"

# under systemd the socket of wangchuang-web.socket counts instead: it stays open while the process restarts
bind = os.environ.get("BIND") or (f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}")
worker_class = _Worker
workers = 1
worker_connections = VIEWERS
backlog = 4096  # a whole class that reconnects at once waits here instead of being refused
timeout = 60
graceful_timeout = 8  # the parent's patience; the worker itself lets go after DRAIN_SECONDS
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat must not wait for a disk
control_socket_disable = True
proc_name = "wangchuang-web"
accesslog = None  # the application logs its requests itself, structured and with the request id
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Start what runs between requests, then tune the garbage collector for many long-lived connections.

    What start-up made is frozen, small collections are rare, and a full one runs by the clock: over a
    third of the cost of a broadcast to 10,000 viewers was the collector walking their connections.
    """
    from app.core.realtime.keeper import Keeper  # the application is loaded by now, in this process alone
    from app.core.sockets import socketio
    from app.worlds import background

    socketio.begin()
    worker.wsgi.extensions["realtime_keeper"] = Keeper(worker.wsgi, socketio.server.eio)
    background.start(worker.wsgi)
    worker.cfg.set("graceful_timeout", DRAIN_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)

    def collect() -> None:
        while worker.alive:
            gevent.sleep(COLLECT_SECONDS)
            gc.collect()

    gevent.spawn(collect)
