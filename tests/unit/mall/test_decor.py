"""A shop's page as data: what is accepted, what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import InvalidInput
from sim_mall.domain import decor
from sim_mall.domain.decor import BlockKind


def page(*kinds: str) -> dict[str, Any]:
    made = decor.empty_page()
    for kind in kinds:
        made = decor.add(made, kind)
    return made


def order(made: dict[str, Any]) -> list[int]:
    return [block["id"] for block in made["blocks"]]


def test_blocks_are_added_moved_arranged_and_removed() -> None:
    made = page(*(kind.value for kind in BlockKind))
    assert order(made) == [1, 2, 3, 4, 5, 6, 7]
    assert order(decor.move(made, 3, -1)) == [1, 3, 2, 4, 5, 6, 7]
    assert order(decor.move(made, 1, -1)) == order(decor.move(made, 99, 1)) == order(made)
    assert order(decor.move(made, 7, 1)) == order(made)
    assert order(decor.remove(made, 2)) == [1, 3, 4, 5, 6, 7]
    assert order(decor.arrange(made, [7, 6, 5, 4, 3, 2, 1])) == [7, 6, 5, 4, 3, 2, 1]
    # an id is never used again, whatever was removed
    assert order(decor.add(decor.remove(made, 7), "text"))[-1] == 8
    assert decor.check_page(made) == made
    for wrong in ([1, 2], [1, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 8]):
        with pytest.raises(InvalidInput, match="刷新"):
            decor.arrange(made, wrong)
    with pytest.raises(InvalidInput, match="最多 20 个模块"):
        page(*["text"] * 21)
    with pytest.raises(InvalidInput, match="选择要添加"):
        decor.add(made, "script")


ZONE = {"x": 0, "y": 0, "w": 50, "h": 100, "target": 7}


@pytest.mark.parametrize(
    ("block", "match"),
    [
        ("text", "无法识别"),
        ({"id": 1, "kind": "frame"}, "模块类型"),
        ({"id": 0, "kind": "text"}, "编号"),
        ({"id": 1, "kind": "text", "title": "", "text": "x" * 501, "align": "left"}, "不超过 500"),
        ({"id": 1, "kind": "text", "title": "", "text": "好", "align": "top"}, "对齐"),
        ({"id": 1, "kind": "goods", "title": "", "mode": "best", "count": 13, "ids": []}, "1 到 12"),
        ({"id": 1, "kind": "goods", "title": "", "mode": "manual", "count": True, "ids": []}, "1 到 12"),
        ({"id": 1, "kind": "goods", "title": "", "mode": "manual", "count": 1, "ids": ["7"]}, "商品"),
        ({"id": 1, "kind": "banner", "slides": [{"picture": "", "title": "", "target": 0}]}, "至少要有"),
        ({"id": 1, "kind": "banner", "slides": [{"picture": "../etc", "title": "", "target": 0}]}, "重新上传"),
        ({"id": 1, "kind": "banner", "slides": [{}] * 6}, "最多 5"),
        ({"id": 1, "kind": "hotzone", "picture": "a", "alt": "", "zones": [{**ZONE, "x": 60}]}, "超出了图片"),
        ({"id": 1, "kind": "hotzone", "picture": "a", "alt": "", "zones": [{**ZONE, "target": 0}]}, "都要选择"),
        ({"id": 1, "kind": "hotzone", "picture": "a", "alt": "", "zones": [{**ZONE, "w": 0}]}, "1 到 100"),
        ({"id": 1, "kind": "media", "file": "a", "media": "flash", "caption": ""}, "类型"),
    ],
)
def test_what_a_block_cannot_be(block: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        decor.check_block(block)


def test_a_block_keeps_exactly_what_its_kind_holds() -> None:
    given = {"id": 3, "kind": "text", "title": " 标题 ", "text": "正文", "align": "center", "onclick": "alert(1)"}
    assert decor.check_block(given) == {"id": 3, "kind": "text", "title": "标题", "text": "正文", "align": "center"}
    zones = {"id": 4, "kind": "hotzone", "picture": "abc-_1", "alt": "", "zones": [ZONE]}
    made = decor.check_page({"schema": 1, "next": 1, "blocks": [zones, given]})
    assert (made["next"], decor.goods_of(made), decor.files_of(made)) == (5, {7}, {"abc-_1"})
    wrong_ones: list[Any] = [{"schema": 2, "blocks": []}, {"schema": 1, "next": 1, "blocks": [zones, zones]}, [], None]
    for wrong in wrong_ones:
        with pytest.raises(InvalidInput):
            decor.check_page(wrong)
