"""Simulated customers: who comes, how long they wait, what answers are worth."""

from __future__ import annotations

import re

import pytest

from app.worlds.chance import Chance
from sim_mall.domain.practice import PATIENCE_SECONDS, Ending, customer, ending, mark, patience, service_star
from sim_mall.domain.practice_bank import COMMON, INTENT_NAMES, SCRIPTS, Intent
from sim_mall.domain.rules.checks import check_text
from sim_mall.domain.rules.matching import Place
from tests.unit.mall.test_rule_words import OURS

GOOD = {
    Intent.SIZE: "您好，1.5 米的床建议选 200×230 的规格。还有什么可以帮您？",
    Intent.STOCK: "亲，有现货，还剩 12 件，随时可以下单。",
    Intent.DISCOUNT: "您好，现在满200减20，在店铺首页领券后下单就能用，还有不清楚的吗？",
    Intent.SHIPPING: "您好，付款后 48 小时内发中通快递，单号在订单里查，还有什么可以帮您？",
    Intent.INVOICE: "亲，可以开电子发票，在订单里填抬头和税号申请，还有需要吗？",
    Intent.COMPLAINT: "非常抱歉给您添麻烦了，请在订单里申请换货或退款，我帮您尽快处理。",
    Intent.BARGAIN: "亲，这已经是活动价，没法再少了；关注店铺可以领券，还有什么可以帮您？",
    Intent.OFF_PLATFORM: "抱歉亲，平台不允许私下交易，您在平台下单有保障，随时帮您看库存。",
}


def test_everybody_meets_the_same_customers() -> None:
    drawn = [customer(Chance("seed", "practice", number)) for number in range(1, 200)]
    assert drawn == [customer(Chance("seed", "practice", number)) for number in range(1, 200)]
    assert {who.intent for who in drawn} == set(Intent) == set(SCRIPTS) == set(INTENT_NAMES)


def test_patience_is_exponential_with_a_mean_of_six_minutes() -> None:
    dice = Chance("seed", "patience")
    drawn = sorted(patience(dice) for _ in range(20_000))
    assert abs(sum(drawn) / len(drawn) - PATIENCE_SECONDS) < 8
    assert abs(drawn[10_000] - 250) < 8  # the median is 360·ln 2
    assert abs(sum(1 for seconds in drawn if seconds > 720) / 20_000 - 0.1353) < 0.01


@pytest.mark.parametrize("intent", list(Intent))
def test_good_answers_get_everything_and_poor_ones_little(intent: Intent) -> None:
    script = SCRIPTS[intent]
    assert sum(point.worth for point in (*COMMON, *script.points)) == 100
    assert all(re.compile(point.pattern) and point.advice for point in (*COMMON, *script.points))
    best = mark(intent, GOOD[intent], 180)
    assert (best.points, best.to_the_point) == (100, True), [line.label for line in best.lines if not line.got]
    assert mark(intent, GOOD[intent], 181).points == 80
    assert check_text(OURS, GOOD[intent], Place.CHAT) == []  # what is taught may be sent
    poor = mark(intent, "嗯", 5)
    assert (poor.points, poor.to_the_point) == (20, False)
    assert mark(intent, "", None).points == 0


def test_who_goes_along_with_a_private_deal_gets_nothing_for_it() -> None:
    assert mark(Intent.OFF_PLATFORM, "好的，我加你，平台下单有保障也行，不能说", 5).points == 30
    assert mark(Intent.INVOICE, "可以开，加 5 个点，订单里申请", 5).points == 20


def test_endings_and_the_star_that_leaving_costs() -> None:
    assert [ending(points, left=False) for points in (0, 59, 60)] == [Ending.UNCONVINCED] * 2 + [Ending.BOUGHT]
    assert ending(100, left=True) is Ending.LEFT
    assert [service_star(points, left=False) for points in (0, 60, 100)] == [200, 380, 500]
    assert service_star(60, left=False) - service_star(60, left=True) == 30
