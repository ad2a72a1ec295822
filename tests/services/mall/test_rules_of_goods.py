"""R2, R3, R12 and R14 in the three gates: warned on the form, stopped once, penalised after the inspection."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall.data import ListingDraft, ListingInfo, ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.goods import GoodsPicture, Listing
from sim_mall.models.promotions import Promotion
from sim_mall.services import aftersales, disputes, listing_files, listings, promotion_check, promotions, stock_sync
from sim_mall.services.promotions import ItemDraft, PromotionDraft
from tests.factories import mall
from tests.factories.world import sign_in
from tests.services.mall.test_rules import _go, _rows, _stage

pytestmark = pytest.mark.usefixtures("app_context")
LOOK = "0f0f0f0f0f0f0f0f"


def _draft(**changes: object) -> ListingDraft:
    draft = mall.draft("纯棉四件套 柔软亲肤", [("默认", 10_00, 10)], "居家", "床品", 0)
    return dataclasses.replace(draft, **{"key": mall.key(), **changes})  # type: ignore[arg-type]


def _create(seller: Actor, shop: ShopInfo, draft: ListingDraft) -> Listing:
    with unit_of_work():
        return listings.create_listing(seller, shop.id, draft)


def _stopped(seller: Actor, shop: ShopInfo, draft: ListingDraft) -> str:
    """Return what the soft block says of a draft."""
    with pytest.raises(InvalidInput) as refused:
        _create(seller, shop, draft)
    assert refused.value.code == "rule_risk"
    return " ".join(issue.message for issue in refused.value.issues)


def _picture(shop: ShopInfo, name: str, look: str) -> str:
    with unit_of_work():
        facts = {"world_id": shop.world_id, "shop_id": shop.id, "width": 800, "height": 800, "look": look}
        db.session.add(GoodsPicture(name=name, large=name, small=name, **facts))
    return name


def test_the_same_goods_with_the_same_picture_are_one_too_many() -> None:
    world, teacher, seller, shop = _stage()
    one, alike, other = (
        _picture(shop, name, look)
        for name, look in (("a" * 24, LOOK), ("b" * 24, "0f0f0f0f0f0f0f1f"), ("c" * 24, "f0f0f0f0f0f0f0f0"))
    )
    _create(seller, shop, _draft(pictures=(one,)))
    again = _draft(title="柔软亲肤 纯棉四件套", pictures=(alike,), accept_risk=False)
    assert "标题和主图几乎相同" in _stopped(seller, shop, again)
    _create(seller, shop, dataclasses.replace(again, pictures=(other,), key=mall.key()))  # another picture: other goods
    _create(seller, shop, dataclasses.replace(again, accept_risk=True, key=mall.key()))
    _go(teacher, world, hours=2)
    assert [(row.rule, row.points) for row in _rows()] == [("R3", 50)]


def test_a_brand_needs_papers_and_a_counterfeit_is_serious() -> None:
    world, teacher, seller, shop = _stage()
    buyer = mall.make_trainee(world)
    assert "没有上传品牌授权" in _stopped(seller, shop, _draft(brand="晓岚", accept_risk=False))
    _create(seller, shop, _draft(title="棉麻抱枕套 简约", brand="无品牌", accept_risk=False))
    proven = _create(seller, shop, _draft(brand="晓岚"))
    with unit_of_work():
        data = b"%PDF-1.4\n%%EOF\n"
        listing_files.add_file(seller, proven.id, "品牌授权书", data, "papers.pdf", mall.key())
    sku = listings.listing_info(listings.load_listing(proven.id)).skus[0].id
    _go(teacher, world, hours=3)
    assert _rows() == []
    order = mall.buy(buyer, [(sku, 1)])
    mall.ship(seller, order.id)
    mall.complete(buyer, order.id)
    ticket = mall.ask_back(buyer, order.id, order.lines[0].id, kind=AfterSaleKind.RETURN, reason=Reason.COUNTERFEIT)
    with unit_of_work():
        aftersales.reject(seller, ticket.id, None, "这是正品")
    with unit_of_work():
        disputes.escalate(buyer, ticket.id, None, "buyer", "专柜鉴定为假冒商品，附鉴定结果")
    with unit_of_work():
        disputes.decide(teacher, ticket.id, None, for_buyer=True, why="鉴定结果成立，属于假冒品牌")
    [row] = _rows()
    assert (row.rule, row.points, row.subject_kind, row.subject_id) == ("R14", 2400, "listing", proven.id)
    assert row.evidence["verdict"] == "鉴定结果成立，属于假冒品牌"


def test_a_brand_without_papers_is_found_by_the_inspection() -> None:
    world, teacher, seller, shop = _stage()
    _create(seller, shop, _draft(brand="晓岚"))
    _go(teacher, world, hours=2)
    assert [(row.rule, row.points) for row in _rows()] == [("R14", 2400)]


def test_foreign_attributes_put_goods_into_the_wrong_category(app: Flask) -> None:
    _world, _teacher, seller, shop = _stage()
    wrong = {"保质期": "12 个月", "净含量": "500 克", "贮存条件": "阴凉"}
    assert "其他类目的" in _stopped(seller, shop, _draft(attributes=wrong, category_l2="布艺", accept_risk=False))
    client = sign_in(app.test_client(), seller)
    page = client.get("/seller/products/new").text
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    sent = {"csrf_token": token, "title": "纯棉四件套", "brand": "晓岚", "category_l1": "居家"}
    sent |= {f"attribute:{name}": value for name, value in wrong.items()}
    found = client.post("/seller/rules/check", data=sent).get_json()["findings"]
    assert {(one["rule"], one["field"], one["stops"]) for one in found} == {
        ("R2", "attributes", True),
        ("R14", "brand", True),
    }
    twin = mall.make_listing(seller, shop, title="云朵抱枕 柔软回弹")
    sent = {"csrf_token": token, "title": "云朵抱枕 柔软回弹", "brief": "柔软透气", "category_l1": "居家"}
    sent |= {"skus-0-spec": "抱枕", "skus-0-price": "100", "skus-1-spec": "补差价专用", "skus-1-price": "1"}
    for listing, hints in (("", {("R3", "title"), ("R4", "skus")}), (str(twin.id), {("R4", "skus")})):
        found = client.post("/seller/rules/check", data=sent | {"listing": listing}).get_json()["findings"]
        assert {(one["rule"], one["field"]) for one in found} == hints


def _promotion(seller: Actor, listing: ListingInfo) -> Promotion:
    now = sim_now(seller.world())
    item = ItemDraft(listing.id, listing.skus[0].id)
    draft = PromotionDraft(
        PromotionKind.LIMITED, "限时特惠", now, now + timedelta(days=3), Rule(bp=8_000), items=(item,)
    )
    with unit_of_work():
        return promotions.create_promotion(seller, draft, mall.key())


def test_who_raises_a_price_to_lower_it_again_is_warned_stopped_and_penalised() -> None:
    world, teacher, seller, shop = _stage()
    listing = mall.make_listing(seller, shop, skus=[("默认", 100_00, 9)])
    sku = listing.skus[0].id
    honest = _promotion(seller, listing)
    assert promotion_check.review(honest).dishonest == ()
    with unit_of_work():
        stock_sync.set_prices(seller, shop.id, {sku: 200_00}, mall.key())
    draft = _promotion(seller, listing)
    [text] = promotion_check.review(draft).dishonest
    assert "从 100.00 元涨到 200.00 元" in text
    with pytest.raises(InvalidInput, match="先涨价再打折") as refused, unit_of_work():
        promotions.publish(seller, draft.id, accept_risk=False)
    assert refused.value.code == "rule_risk"
    with unit_of_work():
        promotions.publish(seller, draft.id, accept_risk=True)
    assert _rows() == []
    _go(teacher, world, hours=2)
    [row] = _rows()
    assert (row.rule, row.points) == ("R12", 200)
    assert row.evidence["skus"] == [["纯棉四件套 柔软亲肤（默认）", 100_00, 200_00]]


def test_a_price_that_was_paid_or_stands_for_a_week_is_honest() -> None:
    world, teacher, seller, shop = _stage()
    buyer = mall.make_trainee(world)
    listing = mall.make_listing(seller, shop, skus=[("默认", 100_00, 9)])
    sku = listing.skus[0].id
    with unit_of_work():
        stock_sync.set_prices(seller, shop.id, {sku: 120_00}, mall.key())
    assert promotion_check.review(_promotion(seller, listing)).dishonest
    mall.buy(buyer, [(sku, 1)])
    assert promotion_check.review(_promotion(seller, listing)).dishonest == ()
    with unit_of_work():
        stock_sync.set_prices(seller, shop.id, {sku: 130_00}, mall.key())
    assert promotion_check.review(_promotion(seller, listing)).dishonest
    _go(teacher, world, days=7)
    with unit_of_work():
        published = promotions.publish(seller, _promotion(seller, listing).id, accept_risk=False)
    _go(teacher, world, hours=3)
    assert published.id
    assert [row.rule for row in _rows() if row.rule == "R12"] == []
