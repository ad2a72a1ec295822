"""National division codes (行政区划): 2, 4 or 6 digits, carried as a data file and loaded into a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from app.accounts.models import Division
from app.core.db import db
from app.core.uow import unit_of_work

FILE = Path(__file__).with_name("divisions.csv")
PLACEHOLDERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


@dataclass(frozen=True, slots=True)
class Place:
    """One division. level: province | city | district."""

    code: str
    name: str
    level: str
    parent_code: str | None


@cache
def places() -> dict[str, Place]:
    """Return all divisions by code, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as handle:
        return {
            row["code"]: Place(row["code"], row["name"], row["level"], row["parent_code"] or None)
            for row in csv.DictReader(handle)
        }


@cache
def _below() -> dict[str | None, list[Place]]:
    children: dict[str | None, list[Place]] = {}
    for place in places().values():
        children.setdefault(place.parent_code, []).append(place)
    return children


def below(code: str | None) -> list[Place]:
    """Return the divisions right below this one; the provinces for None."""
    return _below().get(code, [])


def exists(code: str | None) -> bool:
    """Say whether there is a division with this code."""
    return code is not None and code in places()


def lineage(code: str | None) -> list[Place]:
    """Return province, city and district down to this code; empty when unknown."""
    path: list[Place] = []
    place = places().get(code or "")
    while place is not None:
        path.append(place)
        place = places().get(place.parent_code or "")
    return path[::-1]


def region_name(code: str | None) -> str:
    """Return the full name such as 广东省广州市天河区, '' when unknown; placeholder levels are left out."""
    names: list[str] = []
    for place in lineage(code):
        if place.name not in PLACEHOLDERS and place.name not in names:
            names.append(place.name)
    return "".join(names)


def neighbourhood(code: str | None) -> list[tuple[str, str]]:
    """Return (code, name) of the region's city, its districts, and the region itself, for a select."""
    path = lineage(code)
    if not path:
        return []
    city = path[min(1, len(path) - 1)]
    around = [path[0], city, *below(city.code)] if city is not path[0] else [city, *below(city.code)]
    return [(place.code, region_name(place.code)) for place in around]


def cities() -> list[tuple[str, str]]:
    """Return (code, full name) of every province, each followed by its cities, for a select."""
    return [(p.code, region_name(p.code)) for top in below(None) for p in (top, *below(top.code))]


def load_divisions() -> int:
    """Bring the table up to the data file; return how many rows were written. Harmless to repeat."""
    known = {row.code: (row.name, row.level, row.parent_code) for row in db.session.scalars(sa.select(Division))}
    wanted = places()
    changed = [p for p in wanted.values() if known.get(p.code) != (p.name, p.level, p.parent_code)]
    if not changed:
        return 0
    with unit_of_work():
        new = [p for p in changed if p.code not in known]
        for level in ("province", "city", "district"):
            rows = [
                {"code": p.code, "name": p.name, "level": p.level, "parent_code": p.parent_code}
                for p in new
                if p.level == level
            ]
            if rows:
                db.session.execute(sa.insert(Division), rows)
        for place in changed:
            if place.code in known:
                db.session.execute(
                    sa.update(Division)
                    .where(Division.code == place.code)
                    .values(name=place.name, level=place.level, parent_code=place.parent_code)
                )
    return len(changed)
