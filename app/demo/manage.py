"""Shop management in the demo class: a shop run by several, its page, visitors, money, and what the teacher set."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from app.core.actor import Actor
from app.core.clock import local
from app.demo.market import Market
from app.worlds import notices
from app.worlds.chance import Chance
from app.worlds.clock import sim_now
from app.worlds.settings import change_setting
from sim_mall import access
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.traffic import Source
from sim_mall.services import decor, funds, listing_reading, market_rules, members, shop_categories, visits

DAYS = 9
SHOPS = (1, 2, 3, 4, 5)
HELPERS = ((20, "service", True), (21, "warehouse", True), (22, "operator", False))
WAYS = (Source.SEARCH, Source.SEARCH, Source.HOME, Source.HOME, Source.CATEGORY, Source.LIVE, Source.CART, Source.OTHER)


def play(market: Market, teacher: Actor) -> None:
    """Let the first shop be run by a group and show all of management; inside the open unit of work."""
    owner = market.traders[1]
    for number, role, joined in HELPERS:
        member = members.invite_member(owner, market.traders[number].person(), role, market.key())
        if joined:
            members.answer_invitation(market.traders[number], member, accept=True)
    _visitors(market)
    _page(market, owner)
    shop = access.shop_of(owner, ShopPower.MONEY)
    spare = funds.funds_of(shop).withdrawable
    if spare > 20_000:
        funds.withdraw(owner, spare // 200 * 100, market.key())
    funds.top_up_deposit(owner, 50_000, "wallet", market.key())
    change_setting(teacher, market.world_id, "tech_fee_bp", 60)
    categories = market_rules.first_categories(market.world_id)
    if categories:
        market_rules.set_rate(teacher, categories[0], 300)
    text = "本周练习店铺装修和数据分析：每店至少发布一版店铺页面，并写下一条根据数据做的改进。"
    notices.announce(teacher, market.world_id, "本周任务提醒", text, market.key())


def _visitors(market: Market) -> None:
    """People who looked at shops and goods on the last days, the same in every load."""
    chance = Chance(market.seed, "demo-visits")
    today = local(sim_now(market.world_id)).date()
    counts: Counter[visits.Key] = Counter()
    lookers = [number for number in market.traders if number <= 24]
    for number in SHOPS:
        shop_id = market.shops[number]
        goods = [one.id for one in listing_reading.own_listings(market.traders[number], shop_id)]
        for back in range(DAYS, -1, -1):
            day = today - timedelta(days=back)
            for looker in chance.sample(lookers, chance.between(3, 6 + (DAYS - back) // 2)):
                person, source = market.traders[looker], str(chance.pick(WAYS))
                if access.runs(person, shop_id):
                    continue
                counts[(shop_id, day, person.person(), 0, source, market.world_id)] += 1
                if goods:
                    page = chance.pick(goods)
                    counts[(shop_id, day, person.person(), page, source, market.world_id)] += chance.between(1, 3)
    visits.write(counts)


def _page(market: Market, owner: Actor) -> None:
    """The page of the first shop with two versions, and its categories."""
    page = decor.start_page(owner)
    text = decor.add_block(owner, "text", page.version)
    words = {"id": text, "kind": "text", "title": "欢迎光临", "align": "center"}
    greeting = "每一件都是我们小组亲手挑选。\n48 小时内发货，七天内可以退换。"
    page = decor.change_block(owner, {**words, "text": greeting}, page.version)
    banner = decor.add_block(owner, "banner", page.version)
    goods = [one.id for one in listing_reading.own_listings(owner, market.shops[1])]
    slides = [
        {"picture": "", "title": "新店开张 · 精选好物", "target": goods[0] if goods else 0},
        {"picture": "", "title": "本周上新，欢迎来逛", "target": goods[-1] if goods else 0},
    ]
    page = decor.change_block(owner, {"id": banner, "kind": "banner", "slides": slides}, page.version)
    page = decor.move_block(owner, banner, -1, page.version)
    decor.add_block(owner, "goods", page.version)
    decor.publish_page(owner, page.version, market.key())
    decor.add_block(owner, "coupons", page.version)
    decor.add_block(owner, "live", page.version)
    newest = decor.add_block(owner, "goods", page.version)
    feed = {"id": newest, "kind": "goods", "title": "最新上架", "mode": "new", "count": 4, "ids": []}
    page = decor.change_block(owner, feed, page.version)
    decor.publish_page(owner, page.version, market.key())
    for name, picked in (("热卖推荐", goods[: len(goods) // 2 + 1]), ("新品上市", goods[-2:])):
        category = shop_categories.add_category(owner, name, market.key())
        shop_categories.change_category(owner, category, name, picked)
