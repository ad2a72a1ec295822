"""The table itself: what each route asks for, written down a second time, by hand.

``table.csv`` has a row per endpoint: methods, and ``public``, ``signed_in`` or the permissions of which one is
enough. A new route without a row fails the test, and so does a route whose mark differs from its row.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

TABLE = Path(__file__).with_name("table.csv")
OURS_NOT = {"static"}


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One endpoint: ``methods`` such as "GET" or "GET POST", ``access`` as in the module's docstring."""

    endpoint: str
    methods: str
    access: str

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset(self.access.split()) if ":" in self.access else frozenset()


def rules(app: Flask) -> list[Rule]:
    """Return the routes of the application that are ours."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in OURS_NOT]


def methods_of(rule: Rule) -> set[str]:
    """Return the methods of a route that people use."""
    return set(rule.methods or ()) - {"HEAD", "OPTIONS"}


def rows_of(app: Flask) -> set[Row]:
    """Return the table as the marks on the views say it."""
    methods: dict[str, set[str]] = {}
    for rule in rules(app):
        methods.setdefault(rule.endpoint, set()).update(methods_of(rule))
    found = set()
    for endpoint, verbs in methods.items():
        view: Any = app.view_functions[endpoint]
        access = getattr(view, "access", "unmarked")
        if access == "requires":
            access = " ".join(sorted(view.permissions))
        found.add(Row(endpoint, " ".join(sorted(verbs)), access))
    return found


def written_rows() -> set[Row]:
    """Return the table as it is written down."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return {Row(**row) for row in csv.DictReader(handle)}


def write(app: Flask) -> None:
    """Write the table from the marks: ``python -m tests.permissions``; read the difference before committing."""
    with TABLE.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("endpoint", "methods", "access"))
        for row in sorted(rows_of(app)):
            writer.writerow((row.endpoint, row.methods, row.access))
