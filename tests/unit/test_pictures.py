"""Drawn pictures: stable, distinct, safe text, and addresses that hold only what they say."""

from __future__ import annotations

from xml.sax import parseString
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.motifs import MOTIFS, OTHER, choose_motif
from app.core.pictures import KINDS, draw_picture, wrap_title
from app.core.web import picture_views

ALLOWED = {"svg", "title", "rect", "circle", "ellipse", "path", "g", "text"}


class Elements(ContentHandler):
    """Collects the names of elements and the text of <text>."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.view_box = ""
        self.words: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name is SAX's
        self.names.append(name)
        self.view_box = attrs.get("viewBox", self.view_box)

    def characters(self, content: str) -> None:
        if self.names[-1] == "text":
            self.words.append(content)


def parsed(picture: str) -> Elements:
    elements = Elements()
    parseString(picture.encode(), elements)  # noqa: S317 - our own output
    return elements


def test_there_are_enough_motifs_with_words_of_their_own() -> None:
    words = [word for motif in MOTIFS for word in motif.words]
    assert len(MOTIFS) >= 24
    assert len(words) == len(set(words))
    assert len({motif.shape for motif in (*MOTIFS, OTHER)}) == len(MOTIFS) + 1


@pytest.mark.parametrize(
    ("title", "category", "name"),
    [
        ("新中式亚麻上衣", "", "服饰"),
        ("透气网面运动鞋", "运动", "鞋"),
        ("陶瓷马克杯 可爱猫咪款", "", "杯壶"),
        ("明前龙井绿茶 150g", "", "茶饮"),
        ("瓦楞纸猫抓板", "", "宠物"),
        ("蓝色款 M", "家居日用/收纳", "收纳"),
        ("便携卡式炉具套装", "运动户外/露营", "露营"),
        ("新春礼盒", "", "礼品"),
        ("无名之物", "", "其他"),
    ],
)
def test_motif_follows_title_then_category(title: str, category: str, name: str) -> None:
    assert choose_motif(title, category).name == name


def test_same_words_same_picture_and_other_seed_other_picture() -> None:
    first = draw_picture("product", "陶瓷杯", "餐厨", "1")
    assert draw_picture("product", "陶瓷杯", "餐厨", "1") == first
    assert len({draw_picture("product", "陶瓷杯", "餐厨", str(seed)) for seed in range(40)}) > 20


@given(st.sampled_from(KINDS), st.text(max_size=80), st.text(max_size=30))
def test_any_text_gives_well_formed_square_svg_without_foreign_elements(kind: str, title: str, category: str) -> None:
    elements = parsed(draw_picture(kind, title, category, title))
    assert elements.view_box == "0 0 400 400"
    assert set(elements.names) <= ALLOWED


def test_hostile_title_is_text() -> None:
    assert "".join(parsed(draw_picture("product", "<script>&杯", "", "x")).words) == "<script>&杯"


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        draw_picture("poster", "a", "b", "c")


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("", []),
        ("短标题", ["短标题"]),
        ("一二三四五六七八九十", ["一二三四五六", "七八九十"]),
        ("一二三四五六七八九十一二三四五", ["一二三四五六", "七八九十一…"]),
        ("混合果仁 750g", ["混合果仁", "750g"]),
    ],
)
def test_titles_are_wrapped_and_cut(title: str, lines: list[str]) -> None:
    assert wrap_title(title, 6, 2) == lines


def test_token_is_reversible_and_canonical() -> None:
    token = picture_views._encode("杯 𠮷", "餐厨")
    assert picture_views._decode(token) == ("杯 𠮷", "餐厨")
    for bad in ("", "x", token + "A", token[:-2], "W10", "bnVsbA", "é", "A" * 601, "WyJhIiwgImIiXQ"):
        with pytest.raises(ValueError, match=r"."):
            picture_views._decode(bad)
