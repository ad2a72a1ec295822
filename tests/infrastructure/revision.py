"""``./run revision SLUG``: write a migration by comparing the models with a migrated PostgreSQL.

SQLite would do for the comparison, but its defaults (``0`` for false) are no PostgreSQL; the other way
round both databases understand what is written.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.infrastructure.daemons import start_postgres
from tests.infrastructure.server import ROOT, flask


def main() -> None:
    """Start a PostgreSQL, migrate it, write the revision."""
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z0-9_]+", sys.argv[1]):
        sys.exit("用法：./run revision 改动名称（小写英文、数字、下划线，例如 add_coupons）")
    running, url = start_postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = {"APP_MODE": "test", "DATABASE_URL": f"{url}/postgres", "VAR_DIR": folder}
            flask(settings, "db", "upgrade")
            flask(settings, "db", "migrate", "-m", sys.argv[1])
    finally:
        running.stop()
    newest = max((ROOT / "migrations" / "versions").glob("*.py"), key=lambda path: path.stat().st_mtime)
    ruff = Path(sys.executable).parent / "ruff"
    for step in (["check", "--fix", "--unsafe-fixes"], ["format"]):  # a revision is code like any other
        subprocess.run([str(ruff), *step, "--quiet", str(newest)], check=True)
    print(f"{newest.relative_to(ROOT)}：请读一遍，再运行 ./run test tests/architecture/test_migrations.py")


if __name__ == "__main__":
    main()
