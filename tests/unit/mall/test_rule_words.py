"""Words, contacts and claims: what is found, and what must pass."""

from __future__ import annotations

import pytest

from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.checks import GoodsFacts, Other, check_goods, check_text
from sim_mall.domain.rules.matching import Level, Matcher, Place, Word
from sim_mall.domain.rules.penalties import Effect, sanctions
from sim_mall.domain.rules.rulebook import Severity, points_text
from sim_mall.domain.rules.starting_words import HARMLESS, STARTING_WORDS
from sim_mall.domain.rules.word_files import read_words, write_words

OURS = Matcher(STARTING_WORDS)


def rules_of(text: str, place: Place = Place.GOODS) -> list[tuple[str, str]]:
    return [(finding.rule, finding.word) for finding in check_text(OURS, text, place)]


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("全网第一的毛巾", Place.GOODS, [("R1", "全网第一")]),
        ("最　佳选择", Place.GOODS, [("R1", "最　佳")]),
        ("最.佳选择", Place.GOODS, [("R1", "最.佳")]),
        ("皇室御用超柔毛巾", Place.GOODS, [("R1", "皇室御用")]),
        ("臻品级澳洲进口羊毛", Place.GOODS, [("R1", "臻品级")]),
        ("至柔至软，热销50万条", Place.GOODS, [("R12", "热销50万")]),
        ("NO.1 品牌", Place.GOODS, [("R1", "NO.1")]),
        ("睡一晚治疗失眠", Place.LIVE, [("R16", "治疗")]),
        ("7天见效", Place.LIVE, [("R16", "7天见效")]),
        ("全网最低价", Place.LIVE, [("R17", "全网最低价")]),
        ("今晚抽10万元大奖", Place.LIVE, [("R17", "抽10万元大奖")]),
        ("今晚抽5万元大奖", Place.LIVE, []),
        ("加我微信 abc12345", Place.CHAT, [("R10", "加我微信 abc12345")]),
        ("电话一三八0000幺二三四", Place.CHAT, [("R10", "一三八0000幺二三四")]),
        ("联系１３８ ０００１ ２３４５", Place.CHAT, [("R10", "１３８ ０００１ ２３４５")]),
        ("去淘宝下单更便宜", Place.CHAT, [("R10", "去淘宝下单")]),
        ("你这个骗子买家", Place.CHAT, [("R11", "骗子买家")]),
        ("能不能加微信聊", Place.CHAT, [("R10", "加微信")]),
        ("要不私下交易吧", Place.CHAT, [("R10", "私下交易")]),
        ("不能加我微信 abc12345 吗", Place.CHAT, [("R10", "加我微信 abc12345")]),
        ("不要去淘宝，加我微信", Place.CHAT, [("R10", "加我微信")]),
        # what must pass
        ("抱歉亲，平台不允许私下交易，发现会处罚", Place.CHAT, []),
        ("不能加微信的，我们不私下交易，请在这里下单", Place.CHAT, []),
        ("最大承重50KG， 乐享自由", Place.GOODS, []),
        ("100%纯棉，出行必备", Place.GOODS, []),
        ("第一时间发货，最低起订 2 件", Place.GOODS, []),
        ("可以用微信支付吗", Place.CHAT, []),
        ("QQ糖很好吃", Place.CHAT, []),
        ("物流说送货上门要由京东客服安排", Place.CHAT, []),
        ("下单后到货及时，感谢！", Place.REVIEW, []),
        ("最好的选择是今天下单", Place.CHAT, []),
        ("订单 202611020930123456 请查收", Place.CHAT, []),
        ("运单号 75001234567890", Place.CHAT, []),
    ],
)
def test_what_is_found_where(text: str, place: Place, found: list[tuple[str, str]]) -> None:
    assert rules_of(text, place) == found


def test_harmless_sentences_pass_everywhere() -> None:
    assert [s for s in HARMLESS for place in Place if check_text(OURS, s, place)] == []


def test_imported_lists_do_not_block_harmless_words() -> None:
    ads = "word,match,category,level,default_on,exceptions,suggestion\n最大,term,绝对化用语,ban,是,最大的问题,x\n"
    ads += "100%,term,绝对化用语,caution,是,,x\n最优解法,term,绝对化用语,ban,是,,x\n(?:NO),regex,绝对化用语,ban,是,,x\n"
    reading = read_words(ads.encode())
    assert reading.problems == ()
    assert [number for number, _ in reading.skipped] == [5]
    matcher = Matcher(row.word for row in reading.rows if row.on)
    assert [matcher.find(text) for text in ("最大承重50KG", "100%纯棉")] == [[], []]
    assert [hit.word.text for hit in matcher.find("全国最大的工厂")] == ["最大"]
    spam = read_words(
        "word,category,source\n客服,广告引流,x\n到货,广告引流,x\n淘宝,广告引流,x\n送qb,广告引流,x\n".encode()
    )
    assert [(row.word.text, row.on, row.word.rule) for row in spam.rows] == [
        ("客服", False, "R10"),
        ("到货", False, "R10"),
        ("淘宝", False, "R10"),
        ("送qb", True, "R10"),
    ]


def test_a_bad_file_names_row_and_column() -> None:
    reading = read_words("词语,规则,程度\n好词,R99,禁用\n,R1,禁用\n坏词,R1,随便\n".encode())
    assert [(row, column) for row, column, _ in reading.problems] == [(2, "规则"), (3, "词语"), (4, "程度")]
    assert read_words(b"\xff\xfe\x00\x81").problems != ()
    assert read_words(b"a,b\n1,2\n").problems[0][1] == "词语"


def test_a_list_written_out_reads_back_the_same() -> None:
    words = [(Word("第一", "R1", Level.BAN, ("第一时间",), "写明范围", category="绝对化用语"), True)]
    [row] = read_words(write_words(words)).rows
    assert (row.word.text, row.word.rule, row.word.level, row.on) == ("第一", "R1", Level.BAN, True)
    assert "第一时间" in row.word.exceptions


LOOK, NEAR, FAR = "0f0f0f0f0f0f0f0f", "0f0f0f0f0f0f0f1e", "f0f0f0f00f0f0f0f"


def goods(**changes: object) -> GoodsFacts:
    values: dict[str, object] = {
        "texts": {"title": "纯棉四件套 柔软亲肤"},
        "category": ("居家", "床品"),
        "skus": [("1.5 米床", 29900), ("1.8 米床", 32900)],
    }
    return GoodsFacts(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"skus": [("样品单拍不发", 10), ("1.5 米床", 29900), ("1.8 米床", 32900)]}, [("R4", Level.BAN)]),
        ({"skus": [("小号", 2900), ("大号", 29900), ("加大", 32900)]}, [("R4", Level.CAUTION)]),
        ({"texts": {"title": "毛巾 全国包邮"}, "freight_fee": 800}, [("R13", Level.BAN)]),
        ({"texts": {"title": "毛巾 偏远地区不包邮"}, "freight_fee": 800}, []),
        ({"texts": {"title": "加厚不粘炒锅"}, "category": ("服装", "内裤")}, [("R2", Level.CAUTION)]),
        ({"attributes": {"保质期": "12 个月", "净含量": "500 克"}}, [("R2", Level.BAN)]),
        ({"attributes": {"材质": "棉", "保质期": "12 个月"}}, []),
        ({"attributes": {"颜色": "白", "产地": "云南", "保质期": "12 个月"}}, []),
        ({"others": [Other(1, "纯棉四件套 柔软亲肤")]}, [("R3", Level.BAN)]),
        ({"others": [Other(1, "纯棉四件套 柔软亲肤", look=LOOK)]}, []),
        ({"others": [Other(1, "纯棉四件套 柔软亲肤", "别的卖点", LOOK)], "picture": NEAR}, [("R3", Level.BAN)]),
        ({"others": [Other(1, "纯棉四件套 柔软亲肤", look=LOOK)], "picture": FAR}, []),
        ({"others": [Other(1, "纯棉毛巾 吸水", look=LOOK)], "picture": LOOK}, []),
        ({"texts": {"title": "纯棉四件套", "brand": "晓岚"}}, [("R14", Level.BAN)]),
        ({"texts": {"title": "纯棉四件套", "brand": "晓岚"}, "authorised": True}, []),
        ({"texts": {"title": "纯棉四件套", "brand": "无品牌"}}, []),
        ({"was": ("纯棉四件套 柔软亲肤", "居家/床品", "")}, []),
        ({"was": ("不锈钢保温杯 大容量", "居家/床品", "")}, [("R5", Level.BAN)]),
        ({"was": ("纯棉四件套 柔软亲肤", "餐厨/锅具", "")}, [("R5", Level.BAN)]),
    ],
)
def test_goods_are_checked(changes: dict[str, object], found: list[tuple[str, Level]]) -> None:
    assert [(finding.rule, finding.level) for finding in check_goods(OURS, goods(**changes))] == found


def test_thresholds_bring_their_effects_once() -> None:
    general, serious = Severity.GENERAL, Severity.SERIOUS
    assert sanctions(general, 0, 1199) == []
    assert [(s.effect, s.days) for s in sanctions(general, 1100, 1200)] == [
        (Effect.HIDDEN, 7),
        (Effect.NO_PROMOTION, 7),
    ]
    assert sanctions(general, 1200, 2399) == []
    assert len(sanctions(general, 1100, 2400)) == 4
    assert [(s.effect, s.days) for s in sanctions(serious, 0, 1200)] == [(Effect.RESTRICTED, 7)]
    assert [(s.effect, s.days) for s in sanctions(serious, 1200, 4800)] == [
        (Effect.RESTRICTED, 14),
        (Effect.NO_LISTING, 14),
        (Effect.CLOSED, None),
    ]


def test_the_book_holds_all_rules_and_their_points() -> None:
    assert list(RULES) == [f"R{n}" for n in range(1, 20)]
    points = {rule.id: points_text(rule.points) for rule in RULES.values()}
    assert points == {
        "R1": "1",
        "R2": "0.5",
        "R3": "0.5",
        "R4": "2",
        "R5": "6",
        "R6": "0.1",
        "R7": "1",
        "R8": "3",
        "R9": "12",
        "R10": "3",
        "R11": "6",
        "R12": "2",
        "R13": "2",
        "R14": "24",
        "R15": "6",
        "R16": "6",
        "R17": "3",
        "R18": "2",
        "R19": "2",
    }
    assert (RULES["R10"].points_for(0), RULES["R10"].points_for(1)) == (300, 600)
    assert (RULES["R18"].points_for(0), RULES["R18"].points_for(1)) == (0, 200)
    assert {rule.id: rule.compensation for rule in RULES.values() if rule.compensation} == {
        "R6": 300,
        "R7": 500,
        "R8": 500,
    }
    assert all(0 <= q.right < 3 and len(set(q.answers)) == 3 for rule in RULES.values() for q in rule.quiz)
