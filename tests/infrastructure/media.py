"""A media server for a test session: nginx with the RTMP module, on the configuration that deploy/ shows."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.infrastructure.processes import Running, free_port, listens, make_folder, start

ROOT = Path(__file__).resolve().parents[2]
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
HEAD = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr notice;
load_module {module};
events {{ worker_connections 64; }}
"""


def start_media_server(platform_port: int) -> tuple[Running, str]:
    """Start nginx-rtmp beside a platform on this port; return it and the address that encoders push to."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None or not MODULE.is_file():
        raise RuntimeError("nginx with its RTMP module is missing: ./run test installs it (libnginx-mod-rtmp)")
    folder, port = make_folder("test-media-"), free_port()
    shown = (ROOT / "deploy" / "rtmp.conf").read_text()
    for written, here in (
        ("listen 1935;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:8000", f"127.0.0.1:{platform_port}"),
        ("notify_update_timeout 5s;", "notify_update_timeout 1s;"),
    ):
        assert written in shown
        shown = shown.replace(written, here)
    (folder / "nginx.conf").write_text(HEAD.format(folder=folder, module=MODULE) + shown)
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    running = start(command, folder / "log", folder=folder, cwd=folder)
    running.wait_until(lambda: listens(port), "nginx-rtmp")
    return running, f"rtmp://127.0.0.1:{port}/live"
