"""Customer service and one violation of the demo class: a finished talk, one that waits, an appeal for the teacher."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import db
from app.demo.market import Market
from app.demo.timeline import Timeline
from sim_mall.domain.practice_bank import Intent
from sim_mall.domain.rules.violation_flow import ViolationState
from sim_mall.models.practice import PracticeVisit
from sim_mall.models.rules import Violation
from sim_mall.models.service import ServiceSession
from sim_mall.services import practice, ranking, service_chat, service_desk, service_replies
from sim_mall.services.rules import violations
from sim_mall.services.service_chat import Words

SELLER, DONE, WAITING = 1, 3, 7
PRACTISES = 2
ANSWERS = {
    Intent.SIZE: "您好，各规格的尺寸在详情第一张表里，日常使用建议选 1 号标准款，拿不准随时问我。",
    Intent.STOCK: "亲，现货还有 20 件，今天拍明天发出，随时可以下单。",
    Intent.DISCOUNT: "您好，现在有满减活动，店铺首页还能领优惠券，下单时自动抵扣，还有不清楚的吗？",
    Intent.SHIPPING: "您好，付款后 48 小时内发中通快递，单号在订单里查，还有什么可以帮您？",
    Intent.INVOICE: "亲，可以开电子发票，在订单里填写抬头和税号申请就行，还有需要吗？",
    Intent.COMPLAINT: "非常抱歉给您添麻烦了，请在订单里申请退货退款，我帮您尽快处理。",
    Intent.BARGAIN: "亲，这已经是活动价，没法再少了；店铺首页可以领优惠券，还有什么可以帮您？",
    Intent.OFF_PLATFORM: "抱歉亲，平台不允许私下交易，您在平台下单有保障，有问题随时帮您。",
}


def play(market: Market, line: Timeline) -> None:
    """Half an hour before the end: the first trainee's desk with two buyers."""
    seller, shop_id = market.traders[SELLER], market.shops[SELLER]
    done, waiting = market.traders[DONE], market.traders[WAITING]
    start = line.end - timedelta(minutes=2, seconds=50)
    with line.at(start):
        service_replies.add_starting_phrases(seller)
        service_replies.add_keyword(seller, "发货, 几天到", "亲，付款后 48 小时内发货，发出后可以在订单里查看物流。")
        service_desk.set_online(seller, online=True)
        first = service_chat.open_thread(done, shop_id)
        service_chat.ask(done, first, Words("在吗？这款容易掉色吗"), market.key())
    with line.at(start + timedelta(seconds=40)):
        service_chat.answer(seller, first, Words("在的。深色第一次单独洗，之后基本不掉色。"), market.key())
        service_chat.answer(seller, first, Words("加我微信 lushan2026 给你便宜"), market.key(), accepted=True)
    with line.at(start + timedelta(seconds=70)):
        session = service_desk.close(seller, first)
        service_desk.rate(done, first, session.id, 5, "回复很快")
    with line.at(start + timedelta(seconds=90)):
        second = service_chat.open_thread(waiting, shop_id)
        service_chat.ask(waiting, second, Words("今天拍什么时候发货？"), market.key())
        stopped = sa.select(Violation.id).where(Violation.shop_id == shop_id, Violation.rule == "R10")
        found = db.session.scalars(stopped.where(Violation.state == ViolationState.EFFECTIVE)).first()
        if found is not None:
            text = "是买家先问能不能加微信，我不清楚规则，以后在平台里沟通。"
            violations.appeal_violation(seller, found, text)
    _practise(market, line, start + timedelta(seconds=100))


def _practise(market: Market, line: Timeline, start: datetime) -> None:
    """The second trainee receives a simulated customer, first hastily, then well."""
    seller, shop_id = market.traders[PRACTISES], market.shops[PRACTISES]
    with line.at(start):
        service_desk.set_online(seller, online=True)
        practice.invite(seller, 1, market.key())
        practice.step()
        visit = db.session.scalars(sa.select(PracticeVisit).where(PracticeVisit.shop_id == shop_id)).one()
        session = db.session.get_one(ServiceSession, visit.session_id)
        answer = "您好，有现货的，付款后 48 小时内发中通快递，还有什么可以帮您？"
        service_chat.answer(seller, session.thread_id, Words(answer), market.key())
        practice.step()  # the customer reads
    for seconds in (10, 20, 30):
        with line.at(start + timedelta(seconds=seconds)):
            practice.step()
            if seconds == 20 and visit.ending is None:
                service_chat.answer(seller, session.thread_id, Words(ANSWERS[visit.intent]), market.key())
                practice.step()
    with line.at(line.end):
        ranking.refresh(market.world_id)  # the order of search, which a running site sees to
