"""The page of a shop as data (店铺装修): a list of blocks with a schema version, checked when it comes in.

A block is a mapping {"id", "kind", …} of plain JSON values; what a kind holds stands in ``check_block``.
Goods are named by id, so that the page always shows them as they are and hides what is off the shelf.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.core.errors import InvalidInput

SCHEMA = 1
MAX_BLOCKS = 20
MAX_SLIDES = 5
MAX_ZONES = 10
MAX_GOODS = 12
MAX_COUPONS = 6
_NAME = re.compile(r"[A-Za-z0-9_-]{0,40}")


class BlockKind(StrEnum):
    """A kind of block."""

    BANNER = "banner"
    COUPONS = "coupons"
    GOODS = "goods"
    HOTZONE = "hotzone"
    TEXT = "text"
    MEDIA = "media"
    LIVE = "live"


BLOCK_NAMES: dict[BlockKind, str] = {
    BlockKind.BANNER: "轮播海报",
    BlockKind.COUPONS: "优惠券",
    BlockKind.GOODS: "商品推荐",
    BlockKind.HOTZONE: "热区图片",
    BlockKind.TEXT: "文字",
    BlockKind.MEDIA: "图片或视频",
    BlockKind.LIVE: "直播卡片",
}

GOODS_MODES: dict[str, str] = {"best": "销量最高的商品", "new": "最新上架的商品", "manual": "自己挑选商品"}
ALIGNS: dict[str, str] = {"left": "居左", "center": "居中"}


def empty_page() -> dict[str, Any]:
    """Return a page without blocks."""
    return {"schema": SCHEMA, "next": 1, "blocks": []}


def new_block(kind: str, number: int) -> dict[str, Any]:
    """Return a fresh block of a kind, ready to be filled in. Raises InvalidInput for an unknown kind."""
    contents: dict[str, dict[str, Any]] = {
        BlockKind.BANNER: {"slides": []},
        BlockKind.COUPONS: {"title": "领券优惠", "count": 4},
        BlockKind.GOODS: {"title": "店主推荐", "mode": "best", "count": 6, "ids": []},
        BlockKind.HOTZONE: {"picture": "", "alt": "", "zones": []},
        BlockKind.TEXT: {"title": "", "text": "在这里写一段介绍。", "align": "left"},
        BlockKind.MEDIA: {"file": "", "media": "picture", "caption": ""},
        BlockKind.LIVE: {"title": "正在直播"},
    }
    if kind not in contents:
        raise InvalidInput("请选择要添加的模块。", field="kind")
    return check_block({"id": number, "kind": kind, **contents[kind]})


def _text(block: Mapping[str, Any], name: str, label: str, most: int) -> str:
    value = block.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise InvalidInput(f"“{label}”不超过 {most} 个字。", field=name)
    return value.strip()


def _number(block: Mapping[str, Any], name: str, label: str, low: int, high: int) -> int:
    value = block.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidInput(f"“{label}”应是 {low} 到 {high} 的整数。", field=name)
    return value


def _list(block: Mapping[str, Any], name: str, label: str, most: int) -> Sequence[Any]:
    value = block.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise InvalidInput(f"“{label}”最多 {most} 个。", field=name)
    return value


def _file(block: Mapping[str, Any], name: str) -> str:
    value = block.get(name, "")
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput("图片无法识别，请重新上传。", field=name)
    return value


def _one_of(block: Mapping[str, Any], name: str, label: str, allowed: Mapping[str, str]) -> str:
    value = block.get(name)
    if value not in allowed:
        raise InvalidInput(f"请选择“{label}”。", field=name)
    return str(value)


def _target(value: Any) -> int:
    """Return the product that a picture leads to, 0 for none."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput("请选择点击后打开的商品。", field="target")
    return value


def _zone(value: Any) -> dict[str, Any]:
    """Return a hot zone in percent of the picture; it must lie inside."""
    if not isinstance(value, Mapping):
        raise InvalidInput("热区无法识别。", field="zones")
    x, y = (_number(value, name, "热区位置", 0, 99) for name in ("x", "y"))
    w, h = (_number(value, name, "热区大小", 1, 100) for name in ("w", "h"))
    if x + w > 100 or y + h > 100:
        raise InvalidInput("热区超出了图片：左边距加宽度、上边距加高度都不能超过 100。", field="zones")
    target = _target(value.get("target", 0))
    if not target:
        raise InvalidInput("每个热区都要选择点击后打开的商品。", field="zones")
    return {"x": x, "y": y, "w": w, "h": h, "target": target}


def _slide(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput("海报无法识别。", field="slides")
    slide = {
        "picture": _file(value, "picture"),
        "title": _text(value, "title", "海报文字", 30),
        "target": _target(value.get("target", 0)),
    }
    if not slide["picture"] and not slide["title"]:
        raise InvalidInput("每张海报至少要有图片或文字。", field="slides")
    return slide


def check_block(block: Any) -> dict[str, Any]:
    """Return the block with exactly what its kind holds. Raises InvalidInput naming field and remedy."""
    if not isinstance(block, Mapping):
        raise InvalidInput("模块无法识别。", field="blocks")
    kind = _one_of(block, "kind", "模块类型", {str(one): "" for one in BlockKind})
    made: dict[str, Any] = {"id": _number(block, "id", "编号", 1, 10**6), "kind": kind}
    if kind == BlockKind.BANNER:
        made["slides"] = [_slide(one) for one in _list(block, "slides", "海报", MAX_SLIDES)]
    elif kind == BlockKind.COUPONS:
        count = _number(block, "count", "显示张数", 1, MAX_COUPONS)
        made |= {"title": _text(block, "title", "标题", 20), "count": count}
    elif kind == BlockKind.GOODS:
        ids = _list(block, "ids", "商品", MAX_GOODS)
        made |= {
            "title": _text(block, "title", "标题", 20),
            "mode": _one_of(block, "mode", "商品来源", GOODS_MODES),
            "count": _number(block, "count", "显示数量", 1, MAX_GOODS),
            "ids": list(dict.fromkeys(_target(one) for one in ids)),
        }
    elif kind == BlockKind.HOTZONE:
        zones = [_zone(one) for one in _list(block, "zones", "热区", MAX_ZONES)]
        made |= {"picture": _file(block, "picture"), "alt": _text(block, "alt", "图片说明", 60), "zones": zones}
    elif kind == BlockKind.TEXT:
        made |= {
            "title": _text(block, "title", "标题", 30),
            "text": _text(block, "text", "正文", 500),
            "align": _one_of(block, "align", "对齐方式", ALIGNS),
        }
    elif kind == BlockKind.MEDIA:
        media = _one_of(block, "media", "类型", {"picture": "图片", "video": "视频"})
        made |= {"file": _file(block, "file"), "media": media, "caption": _text(block, "caption", "说明", 60)}
    else:
        made["title"] = _text(block, "title", "标题", 20)
    return made


def check_page(page: Any) -> dict[str, Any]:
    """Return a page whose blocks are all in order. Raises InvalidInput for another schema, too many, or twice an id."""
    if not isinstance(page, Mapping) or page.get("schema") != SCHEMA:
        raise InvalidInput("装修数据的版本不受支持。", field="schema")
    blocks = [check_block(one) for one in _list(page, "blocks", "模块", MAX_BLOCKS)]
    ids = [block["id"] for block in blocks]
    if len(set(ids)) != len(ids):
        raise InvalidInput("模块编号重复。", field="blocks")
    number = max([_number(page, "next", "编号", 1, 10**6), *(one + 1 for one in ids)])
    return {"schema": SCHEMA, "next": number, "blocks": blocks}


def add(page: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the page with a fresh block at its end."""
    if len(page["blocks"]) >= MAX_BLOCKS:
        raise InvalidInput(f"一个页面最多 {MAX_BLOCKS} 个模块，请先删除不用的模块。", field="kind")
    return check_page({**page, "next": page["next"] + 1, "blocks": [*page["blocks"], new_block(kind, page["next"])]})


def replace(page: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page with the block of that id replaced."""
    return check_page({**page, "blocks": [block if one["id"] == block["id"] else one for one in page["blocks"]]})


def remove(page: Mapping[str, Any], block_id: int) -> dict[str, Any]:
    """Return the page without that block."""
    return check_page({**page, "blocks": [one for one in page["blocks"] if one["id"] != block_id]})


def move(page: Mapping[str, Any], block_id: int, step: int) -> dict[str, Any]:
    """Return the page with a block moved up (-1) or down (+1); at the edge it stays."""
    ids = [one["id"] for one in page["blocks"]]
    if block_id in ids:
        here = ids.index(block_id)
        there = min(max(here + step, 0), len(ids) - 1)
        ids.insert(there, ids.pop(here))
    return arrange(page, ids)


def arrange(page: Mapping[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """Return the page with its blocks in this order. Raises InvalidInput unless it names each block once."""
    blocks = {one["id"]: one for one in page["blocks"]}
    if sorted(order) != sorted(blocks):
        raise InvalidInput("模块刚刚有变化，请刷新页面后再排序。", field="order")
    return check_page({**page, "blocks": [blocks[one] for one in order]})


def goods_of(page: Mapping[str, Any]) -> set[int]:
    """Return the ids of all products that a page names."""
    found: set[int] = set()
    for block in page["blocks"]:
        found |= set(block.get("ids", []))
        found |= {part["target"] for part in (*block.get("slides", []), *block.get("zones", [])) if part["target"]}
    return found


def files_of(page: Mapping[str, Any]) -> set[str]:
    """Return the names of all files that a page shows."""
    found = {block.get("picture", "") for block in page["blocks"]} | {block.get("file", "") for block in page["blocks"]}
    found |= {slide["picture"] for block in page["blocks"] for slide in block.get("slides", [])}
    return found - {""}
