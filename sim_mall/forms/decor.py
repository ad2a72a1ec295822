"""Reading the forms of the page editor: what was typed becomes a block; the rules stand in ``domain.decor``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import InvalidInput
from app.core.web.forms import clean_text
from sim_mall.domain.decor import MAX_SLIDES, MAX_ZONES, BlockKind


def whole(form: Mapping[str, str], name: str, label: str, default: int = 0) -> int:
    """Return a whole number of the form. Raises InvalidInput naming the field."""
    text = form.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidInput(f"“{label}”请填写整数。", field=name)
    return int(text)


def read_block(form: Any, before: Mapping[str, Any], uploads: Mapping[str, str]) -> dict[str, Any]:
    """Return the block as the form says. uploads: form field → public name of what was just uploaded for it."""
    kind = before["kind"]
    made: dict[str, Any] = {"id": before["id"], "kind": kind}
    if kind == BlockKind.BANNER:
        made["slides"] = _slides(form, uploads)
    elif kind == BlockKind.COUPONS:
        made |= {"title": clean_text(form.get("title")), "count": whole(form, "count", "显示张数")}
    elif kind == BlockKind.GOODS:
        made |= {
            "title": clean_text(form.get("title")),
            "mode": form.get("mode", ""),
            "count": whole(form, "count", "显示数量"),
            "ids": [whole({"id": text}, "id", "商品") for text in form.getlist("ids")],
        }
    elif kind == BlockKind.HOTZONE:
        picture = uploads.get("picture") or before["picture"]
        made |= {"picture": picture, "alt": clean_text(form.get("alt")), "zones": _zones(form)}
    elif kind == BlockKind.TEXT:
        made |= {name: clean_text(form.get(name)) for name in ("title", "text")} | {"align": form.get("align", "")}
    elif kind == BlockKind.MEDIA:
        new = uploads.get("file", "")
        made |= {
            "file": new or before["file"],
            "media": uploads.get("media", "picture") if new else before["media"],
            "caption": clean_text(form.get("caption")),
        }
    else:
        made["title"] = clean_text(form.get("title"))
    return made


def _slides(form: Any, uploads: Mapping[str, str]) -> list[dict[str, Any]]:
    slides = []
    for n in range(MAX_SLIDES):
        kept = "" if form.get(f"slide-{n}-drop") else clean_text(form.get(f"slide-{n}-kept"))
        picture = uploads.get(f"slide-{n}-picture") or kept
        title = clean_text(form.get(f"slide-{n}-title"))
        if picture or title:
            slides.append({"picture": picture, "title": title, "target": whole(form, f"slide-{n}-target", "商品")})
    return slides


def _zones(form: Any) -> list[dict[str, Any]]:
    zones = []
    for n in range(MAX_ZONES):
        target = whole(form, f"zone-{n}-target", "商品")
        size = {name: whole(form, f"zone-{n}-{name}", "热区") for name in ("x", "y", "w", "h")}
        if target:
            zones.append({**size, "target": target})
        elif size["w"] or size["h"]:
            raise InvalidInput("每个热区都要选择点击后打开的商品；不用的热区请清空宽和高。", field="zones")
    return zones
