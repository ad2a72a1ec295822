"""Tables: whose they are, and that keys point inside a package or down the ladder."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from app.core.db import Base, db

# from the bottom up; packages of one step do not know each other
LADDER: tuple[frozenset[str], ...] = (
    frozenset({"core"}),
    frozenset({"accounts"}),
    frozenset({"worlds"}),
    frozenset({"ledger"}),
    frozenset({"mall"}),
    frozenset({"supply", "live", "grading"}),
    frozenset({"training"}),
    frozenset({"teaching", "certificates", "followup"}),
    frozenset({"dashboards"}),
    frozenset({"demo"}),
)
STEP = {prefix: number for number, step in enumerate(LADDER) for prefix in step}
PREFIX_OF_PACKAGE = {
    "sim_mall": "mall",
    "sim_supply": "supply",
    "sim_livestream": "live",
    "grading": "grading",
}


def _prefix(table: str) -> str:
    return table.split("_", 1)[0]


def test_every_table_carries_the_name_of_its_package(app: Flask) -> None:
    assert app.config["TESTING"]
    wrong = []
    for mapper in Base.registry.mappers:
        package, *rest = mapper.class_.__module__.split(".")
        expected = rest[0] if package == "app" else PREFIX_OF_PACKAGE[package]
        if _prefix(str(mapper.local_table)) != expected:
            wrong.append((mapper.class_.__name__, str(mapper.local_table)))
    assert wrong == []
    assert [name for name in db.metadata.tables if _prefix(name) not in STEP] == []


def test_foreign_keys_point_inside_a_package_or_down_the_ladder(app: Flask) -> None:
    assert app.config["TESTING"]
    wrong = []
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            source, target = _prefix(table.name), _prefix(key.column.table.name)
            if source != target and STEP[target] >= STEP[source]:
                wrong.append(f"{table.name}.{key.parent.name} -> {key.column.table.name}")
    assert wrong == []


def test_relationships_point_inside_a_package_or_down_the_ladder(app: Flask) -> None:
    assert app.config["TESTING"]
    wrong = []
    for mapper in Base.registry.mappers:
        for relationship in mapper.relationships:
            source, target = _prefix(str(mapper.local_table)), _prefix(str(relationship.mapper.local_table))
            if source != target and STEP[target] >= STEP[source]:
                wrong.append(str(relationship))
    assert wrong == []


def test_money_is_never_a_float(app: Flask) -> None:
    assert app.config["TESTING"]
    floats = [
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Float) or (isinstance(column.type, sa.Numeric) and column.name.endswith("_fen"))
    ]
    assert floats == []
