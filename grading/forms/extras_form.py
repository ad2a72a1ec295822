"""Pictures and tables of the plan's form: three pictures and two tables a section, kept as typed until they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import InvalidInput
from app.core.web.forms import clean_text
from grading.domain.plan_content import SECTION_KEYS
from grading.domain.plan_extras import MAX_CAPTION, MOST_PICTURES, MOST_TABLES, Extras, Picture, read_table

PICTURE_FIELDS = tuple(
    f"picture-{key}-{n}-{part}"
    for key in SECTION_KEYS
    for n in range(1, MOST_PICTURES + 1)
    for part in ("id", "caption", "drop")
)
TABLE_FIELDS = tuple(
    f"table-{key}-{n}-{part}" for key in SECTION_KEYS for n in range(1, MOST_TABLES + 1) for part in ("caption", "text")
)
NAMES = frozenset(PICTURE_FIELDS + TABLE_FIELDS)


class ExtrasForm:
    """What stands in the fields, by name; a missing one is empty."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = dict(typed)

    @classmethod
    def show(cls, extras: Mapping[str, Extras]) -> ExtrasForm:
        """Return the fields of stored extras."""
        typed: dict[str, str] = {}
        for key, part in extras.items():
            for n, picture in enumerate(part.pictures, 1):
                typed[f"picture-{key}-{n}-id"] = str(picture.number)
                typed[f"picture-{key}-{n}-caption"] = picture.caption
            for n, table in enumerate(part.tables, 1):
                typed[f"table-{key}-{n}-caption"], typed[f"table-{key}-{n}-text"] = table.caption, table.text
        return cls(typed)

    @classmethod
    def read(cls, sent: Mapping[str, Any]) -> ExtrasForm:
        """Return the fields as they were sent."""
        return cls({name: clean_text(str(sent[name])) for name in NAMES if name in sent})

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "")

    def pictures(self, key: str) -> list[tuple[int, int]]:
        """Return (place, id) of the pictures of a section."""
        found = []
        for n in range(1, MOST_PICTURES + 1):
            text = self[f"picture-{key}-{n}-id"]
            if text.isascii() and text.isdigit() and len(text) <= 9:
                found.append((n, int(text)))
        return found

    def put(self, key: str, picture_id: int, caption: str) -> None:
        """Add a picture to a section, in the first free place. Raises InvalidInput when there is none."""
        taken = {n for n, _ in self.pictures(key) if not self[f"picture-{key}-{n}-drop"]}
        place = next((n for n in range(1, MOST_PICTURES + 1) if n not in taken), None)
        if place is None:
            raise InvalidInput(f"每一章最多 {MOST_PICTURES} 张图片，请先删去不用的。", field=f"upload-{key}")
        self.typed |= {f"picture-{key}-{place}-id": str(picture_id), f"picture-{key}-{place}-caption": caption}
        self.typed.pop(f"picture-{key}-{place}-drop", None)

    def used(self, key: str) -> int:
        """Return how many pictures and tables a section has."""
        return len(self.pictures(key)) + sum(bool(self[f"table-{key}-{n}-text"]) for n in range(1, MOST_TABLES + 1))

    def extras(self, errors: dict[str, str]) -> dict[str, Extras]:
        """Return the extras by section; what is wrong goes into ``errors`` by field."""
        found = {}
        for key in SECTION_KEYS:
            part = Extras(self._pictures(key, errors), self._tables(key, errors))
            if part.pictures or part.tables:
                found[key] = part
        return found

    def _caption(self, name: str, errors: dict[str, str]) -> str:
        if len(self[name]) > MAX_CAPTION:
            errors[name] = f"图表的标题最多 {MAX_CAPTION} 字。"
        return self[name]

    def _pictures(self, key: str, errors: dict[str, str]) -> tuple[Picture, ...]:
        return tuple(
            Picture(picture_id, self._caption(f"picture-{key}-{n}-caption", errors))
            for n, picture_id in self.pictures(key)
            if not self[f"picture-{key}-{n}-drop"]
        )

    def _tables(self, key: str, errors: dict[str, str]) -> tuple[Any, ...]:
        tables = []
        for n in range(1, MOST_TABLES + 1):
            name = f"table-{key}-{n}-text"
            if not self[name]:
                continue
            try:
                tables.append(read_table(self._caption(f"table-{key}-{n}-caption", errors), self[name]))
            except ValueError as error:
                errors[name] = str(error)
        return tuple(tables)
