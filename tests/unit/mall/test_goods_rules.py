"""Pure rules of shops and goods: freight, specifications, papers, categories, quality."""

from __future__ import annotations

from datetime import date

import pytest

from sim_mall.domain import freight, mp4
from sim_mall.domain.category_book import attributes_of, deposit_of, licence_of, missing_attributes, with_usual
from sim_mall.domain.freight import FreightRow, FreightTemplate, FreightUnit, Load
from sim_mall.domain.papers import (
    Papers,
    form_findings,
    id_check,
    licence_check,
    luhn_check,
    practice_papers,
    review_findings,
)
from sim_mall.domain.quality import ListingFacts, level, score, score_parts
from sim_mall.domain.shop_flow import Subject
from sim_mall.domain.specs import matrix_of, shown_spec, spec_text

PIECE, GRAM, CM3 = FreightUnit.PIECE, FreightUnit.GRAM, FreightUnit.CM3
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("grams", "fee"), [(1, 800), (1000, 800), (1001, 1100), (2000, 1100), (2300, 1400), (100_000, 30_500)]
)
def test_weight_pays_first_and_steps(grams: int, fee: int) -> None:
    template = FreightTemplate(GRAM, FreightRow(1000, 800, 1000, 300))
    assert freight.shop_freight([Load(0, 1, template, 0, 1, grams, 0)], "11").fee == fee


@pytest.mark.parametrize(
    ("cm3", "count", "fee"),
    [(0, 1, 900), (10_000, 1, 900), (10_001, 1, 1100), (15_625, 1, 1300), (27_000, 1, 1700), (8_000, 2, 1300)],
)
def test_volume_pays_first_and_steps(cm3: int, count: int, fee: int) -> None:
    template = FreightTemplate(CM3, FreightRow(10_000, 900, 5_000, 200))
    assert freight.shop_freight([Load(0, 1, template, 0, count, 700, 0, cm3)], "11").fee == fee


def test_the_example_on_the_form() -> None:
    template = FreightTemplate(CM3, FreightRow(10_000, 900, 5_000, 200))
    assert freight.shop_freight([Load(0, 1, template, 0, 1, 0, 0, 30 * 30 * 20)], "").fee == 1300
    assert freight.from_json(freight.to_json(template)) == template


def test_the_highest_first_fee_and_steps_of_the_others() -> None:
    piece = FreightTemplate(PIECE, FreightRow(1, 600, 1, 200))
    heavy = FreightTemplate(GRAM, FreightRow(1000, 800, 1000, 300))
    free = FreightTemplate(PIECE, FreightRow(1, 900, 1, 900, free_count=1))
    dear_steps = FreightTemplate(PIECE, FreightRow(10, 500, 1, 500))
    one, two = Load(0, 1, piece, 0, 2, 0, 0), Load(1, 2, heavy, 0, 1, 2300, 0)

    def fees(*loads: Load) -> tuple[int, int]:
        return tuple(freight.shop_freight(loads, "11", how).fee for how in freight.Combining)  # type: ignore[return-value]

    assert fees(one) == (800, 800)
    assert fees(one, two) == (800 + 1400, 1400 + 2 * 200)  # 8 yuan is the higher first fee
    assert fees(one, two, Load(2, 3, free, 0, 1, 0, 0)) == (2200, 1800)
    assert fees(two, Load(2, None, None, 1000, 1, 0, 0)) == (2400, 1000 + 3 * 300)  # the flat fee is a first fee too
    assert fees(two, Load(2, 4, dear_steps, 0, 3, 0, 0)) == (1900, 1900)  # never dearer than the sum
    away = FreightTemplate(PIECE, None, (FreightRow(1, 100, 1, 100, regions=("31",)),))
    gone = freight.shop_freight([one, Load(5, 6, away, 0, 1, 0, 0)], "11", freight.Combining.MAX_FIRST)
    assert (gone.fee, gone.blocked) == (800, (5,))


def test_mp4_is_known_by_its_boxes() -> None:
    def box(kind: bytes, body: bytes = b"") -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    whole = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", b"x" * 20) + box(b"mdat", b"y" * 40)
    assert mp4.is_mp4(whole)
    long = box(b"ftyp", b"isom") + box(b"moov") + b"\0\0\0\x01mdat" + (20).to_bytes(8, "big") + b"yyyy"
    assert mp4.is_mp4(long) and mp4.is_mp4(long[:-20] + b"\0\0\0\0mdat123")
    heic = box(b"ftyp", b"heic") + box(b"meta", b"z" * 9) + box(b"mdat", b"y")
    for wrong in (b"", b"MZ not a video", whole[:-1], heic, box(b"moov") + box(b"ftyp") + box(b"mdat"), b"\0" * 64):
        assert not mp4.is_mp4(wrong)


def test_regions_free_ifs_and_places_without_delivery() -> None:
    template = FreightTemplate(
        PIECE,
        FreightRow(1, 600, 1, 200, free_count=5, free_amount=9900),
        (FreightRow(1, 1500, 2, 800, regions=("65",)), FreightRow(1, 900, 1, 100, regions=("6501",))),
        no_ship=("54",),
    )

    def fee(count: int, amount: int, region: str) -> int | tuple[int, ...]:
        cost = freight.shop_freight([Load(7, 1, template, 0, count, 0, amount)], region)
        return cost.blocked or cost.fee

    assert [fee(1, 100, "110101"), fee(3, 100, ""), fee(5, 100, "11"), fee(1, 9900, "11")] == [600, 1000, 0, 0]
    assert [fee(4, 9999, "65"), fee(4, 1, "650102"), fee(1, 99_999, "540102")] == [3100, 1200, (7,)]
    both = FreightTemplate(PIECE, FreightRow(1, 600, 1, 200, free_count=2, free_amount=5000, free_both=True))
    assert [freight.shop_freight([Load(0, 1, both, 0, n, 0, a)], "").fee for n, a in ((2, 100), (2, 5000))] == [800, 0]
    nowhere = FreightTemplate(PIECE, None, (FreightRow(1, 0, 1, 0, regions=("11",)),))
    assert freight.shop_freight([Load(3, 1, nowhere, 0, 1, 0, 1)], "31").blocked == (3,)
    assert (freight.always_free(nowhere), freight.from_json(freight.to_json(template))) == (True, template)


def test_lines_of_one_template_count_together_and_templates_add_up() -> None:
    one = FreightTemplate(PIECE, FreightRow(1, 600, 1, 200))
    two = FreightTemplate(GRAM, FreightRow(500, 500, 500, 100))
    loads = [
        Load(0, 1, one, 0, 1, 0, 1), Load(1, 1, one, 0, 1, 0, 1), Load(2, 2, two, 0, 2, 600, 1),
        Load(3, None, None, 300, 1, 0, 1), Load(4, None, None, 800, 1, 0, 1),
    ]  # fmt: skip
    assert freight.shop_freight(loads, "11").fee == 800 + 700 + 800


def test_a_template_that_cannot_be_right_is_told_so() -> None:
    wrong = FreightTemplate(PIECE, None, (FreightRow(0, -1, 1, 1),), no_ship=("11",))
    assert {field for field, _ in freight.findings(wrong)} == {"rows"}
    twice = FreightTemplate(PIECE, FreightRow(), (FreightRow(regions=("11",)), FreightRow(regions=("11",))), ("11",))
    assert {field for field, _ in freight.findings(twice)} == {"rows", "no_ship"}
    assert freight.findings(FreightTemplate(PIECE, None)) == [("default", "请填写默认运费，或至少填写一个地区的运费。")]


def test_specifications_become_axes() -> None:
    made = matrix_of(["颜色:米白;尺寸:M", "颜色：雾蓝；尺寸：M", "颜色:米白;尺寸:L"])
    assert [(axis.name, axis.values) for axis in made.axes] == [("颜色", ("米白", "雾蓝")), ("尺寸", ("M", "L"))]
    assert (shown_spec(made.rows[1], ""), spec_text(("颜色", "尺寸"), made.rows[1])) == ("雾蓝 / M", "颜色:雾蓝;尺寸:M")
    assert matrix_of([""]).axes == ()
    assert [axis.name for axis in matrix_of(["红", "蓝"]).axes] == ["规格"]
    assert spec_text(("规格",), ("红",)) == "红"
    for texts in (["颜色:红", "蓝:1;尺:2"], ["a:1;b:2;c:3;d:4"], ["a:1;a:2"], [f"a:{n}" for n in range(41)]):
        with pytest.raises(ValueError, match=r"规格|值"):
            matrix_of(texts)


def test_check_digits_of_papers() -> None:
    assert id_check("11010519491231002") == "X"  # the example of GB 11643
    assert licence_check("91350100M000100Y4") == "3"  # the example of GB 32100
    assert luhn_check("7992739871") == "3"


@pytest.mark.parametrize("subject", list(Subject))
def test_practice_papers_pass_every_rule(subject: Subject) -> None:
    for serial in (1, 77, 123_456):
        papers = practice_papers(subject, "甲", "店", serial, TODAY)
        assert form_findings(subject, papers) == []
        assert review_findings(subject, papers, TODAY) == []
    real = Papers(
        "张三", "11010519491231002X", None, "某某公司", "91350100M000100Y43", None, "练习银行", "张三", "62", "139"
    )
    fields = {field for field, _ in form_findings(subject, real)}
    assert {"id_number", "account_number", "phone"} <= fields
    assert ("licence_number" in fields) == (subject is not Subject.PERSON)


def test_the_review_names_the_paper() -> None:
    papers = practice_papers(Subject.COMPANY, "甲方乙", "好店", 5, date(2010, 1, 1))
    assert [field for field, _ in review_findings(Subject.COMPANY, papers, TODAY)] == ["id_until"]
    child = Papers(holder="小明", id_number="990000201501011238", account_name="妈妈")
    assert [field for field, _ in review_findings(Subject.PERSON, child, TODAY)] == ["id_number", "account_name"]


def test_the_category_book() -> None:
    assert [item.name for item in missing_attributes("居家", "床品", {"材质": "棉"})] == ["件数"]
    assert missing_attributes("自创类目", "", {}) == [] == missing_attributes("居家", "没有的二级", {})
    assert with_usual("居家", "床品", {"产地": "浙江"}) == {"产地": "浙江", "件数": "其他", "材质": "见详情"}
    assert (licence_of("食品", "零食"), licence_of("文具", "图书"), licence_of("文具", "书写")) == ("food", "books", "")
    assert (deposit_of(100_000, "居家"), deposit_of(100_000, "食品生鲜"), deposit_of(0, "数码")) == (
        100_000,
        200_000,
        0,
    )
    assert len({item.name for item in attributes_of("服饰", "上装")}) == len(attributes_of("服饰", "上装"))


def test_quality_counts_what_is_there_and_hints_at_the_rest() -> None:
    bare = ListingFacts("杯子", "", "餐厨", "杯壶", "", {}, 0, "", 0, 1, 0, False, 0, False)
    full = ListingFacts(
        "景德镇手工白瓷杯壶 礼盒装 陶瓷", "手工拉坯，礼盒包装，送礼自用", "餐厨", "杯壶", "云上",
        {"材质": "陶瓷", "容量": "300ml"},
        5, "字" * 120, 2, 2, 2, True, 24, True,
    )  # fmt: skip
    assert (score(bare) < 20, score(full), level(score(full))) == (True, 100, "优秀")
    assert all(part.hint for part in score_parts(bare))
    assert not any(part.hint for part in score_parts(full))
