"""The ports of grading, answered from rosters, classes and the ``api`` of the simulations.

Bound once by the factory. Labels and definitions of figures stand here alone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.accounts import field_keys
from app.accounts.models import Account
from app.core.db import db
from app.core.errors import NotFound
from app.core.money import plain_yuan
from app.training import access, api
from app.training.data import ClassInfo
from grading.data import ClassFact, Exhibit, Figure, OutcomeFacts, RuleCheck
from grading.ports import Ports
from sim_livestream import api as live
from sim_livestream.data import LiveProgress
from sim_mall import api as mall
from sim_supply import api as supply
from sim_supply.data import SupplyProgress

MOST_ROWS = 30

# key: group, label, unit, definition, target, where it is earned
FIGURES: dict[str, tuple[str, str, str, str, int | None, str]] = {
    "shop_open": (
        "店铺与商品",
        "店铺已开通",
        "是否",
        "已通过入驻审核、缴纳保证金并处于营业状态。",
        1,
        "/seller/register",
    ),
    "listings_on_sale": (
        "店铺与商品",
        "在售商品",
        "个",
        "当前上架销售的商品数，下架和审核中的不算。",
        10,
        "/seller/products/",
    ),
    "orders_received": (
        "交易与服务",
        "收到的已付款订单",
        "单",
        "买家已付款的订单数，含后来退款的。",
        None,
        "/seller/orders/",
    ),
    "orders_shipped": ("交易与服务", "已发货订单", "单", "已全部发货的订单数。", None, "/seller/orders/"),
    "orders_completed": (
        "交易与服务",
        "已完成订单",
        "单",
        "买家确认收货、货款已结算的订单数。",
        5,
        "/seller/orders/",
    ),
    "refunds_closed": ("交易与服务", "办结的退款退货", "单", "退款已到买家账户的售后单数。", 1, "/seller/orders/"),
    "gmv_paid": ("交易与服务", "成交额", "分", "已付款订单的应付金额合计，含运费，未扣退款。", None, "/seller/orders/"),
    "reviews": ("交易与服务", "收到的评价", "条", "买家写的评价条数。", 1, "/seller/"),
    "rating_hundredths": (
        "交易与服务",
        "评价平均星级",
        "百分之一星",
        "描述、服务、物流三项星级的平均值，满分 5 星。",
        450,
        "/seller/",
    ),
    "listed_by_click": (
        "供应链",
        "一键上架的商品",
        "个",
        "从供应商货源一键上架到店铺的商品数。",
        1,
        "/supply/catalogue",
    ),
    "orders_fetched": ("供应链", "抓取的订单", "单", "从商城抓取到供货系统的订单数。", 1, "/supply/orders/"),
    "supplier_shipped": ("供应链", "供应商已发货", "单", "供应商已发出货物的采购单数。", 1, "/supply/orders/"),
    "live_rooms": ("直播", "开播场次", "场", "已开播的直播场次。", None, "/live/studio"),
    "live_minutes": ("直播", "直播时长", "分钟", "各场从开播到下播的分钟数合计。", None, "/live/studio"),
    "live_comments": ("直播", "直播间评论", "条", "观众评论条数，被隐藏的不算。", None, "/live/studio"),
    "live_likes": ("直播", "直播间点赞", "次", "观众点赞次数。", None, "/live/studio"),
    "live_orders": ("直播", "直播间成交", "单", "在直播间下单并付款的订单数。", None, "/live/studio"),
    "live_gmv_paid": ("直播", "直播成交额", "分", "直播间已付款订单的金额合计。", None, "/live/studio"),
}
LIVE_TARGETS = {"live_minutes": 30, "live_comments": 5, "live_likes": 10, "live_orders": 1}


def _class(scope_id: int) -> ClassInfo:
    found = api.class_of_scope(scope_id)
    if found is None:
        raise NotFound
    return found


class Facts:
    """FactSource: figures and exhibits of one trainee."""

    def facts(self, account_id: int, scope_id: int) -> OutcomeFacts:
        """Return where the trainee stands now, in the mall, with suppliers and in live rooms."""
        found = _class(scope_id)
        world_id = found.world_id
        shop = mall.evidence(world_id, account_id)
        values = {
            **_shop_values(mall.progress(world_id, [account_id])[account_id], shop),
            **_supply_values(supply.progress(world_id, [account_id])[account_id]),
            **_live_values(live.progress(world_id, [account_id])[account_id]),
        }
        targets = LIVE_TARGETS if found.version == "直播版" else {}
        figures = tuple(
            Figure(key, group, label, values[key], unit, definition, targets.get(key, target), where)
            for key, (group, label, unit, definition, target, where) in FIGURES.items()
            if key in values
        )
        tables = [*_shop_exhibits(shop)]
        tables.append(_suppliers(supply.evidence(world_id, account_id)))
        tables.append(_shows(live.evidence(world_id, account_id)))
        return OutcomeFacts(figures, tuple(table for table in tables if table.rows))


def _shop_values(done: mall.MallProgress, shop: dict[str, Any]) -> dict[str, int]:
    reviews = shop.get("reviews", {})
    values = {
        "shop_open": int(done.shop_state == "open"),
        "listings_on_sale": done.listings_on_sale,
        "orders_received": done.orders_received,
        "orders_shipped": done.orders_shipped,
        "orders_completed": done.orders_completed,
        "refunds_closed": done.refunds_closed,
        "gmv_paid": int(shop.get("figures", {}).get("gmv_paid", 0)),
        "reviews": int(reviews.get("count", 0)),
    }
    if reviews.get("mean_hundredths") is not None:
        values["rating_hundredths"] = int(reviews["mean_hundredths"])
    return values


def _supply_values(done: SupplyProgress) -> dict[str, int]:
    return {
        "listed_by_click": done.listed_by_click,
        "orders_fetched": done.orders_fetched,
        "supplier_shipped": done.orders_shipped,
    }


def _live_values(done: LiveProgress) -> dict[str, int]:
    return {
        "live_rooms": done.rooms,
        "live_minutes": done.minutes,
        "live_comments": done.comments,
        "live_likes": done.likes,
        "live_orders": done.orders,
        "live_gmv_paid": done.gmv_paid,
    }


def _yuan_range(low: int, high: int) -> str:
    return plain_yuan(low) if low == high else f"{plain_yuan(low)} 至 {plain_yuan(high)}"


def _shop_exhibits(shop: dict[str, Any]) -> list[Exhibit]:
    goods = tuple(
        (
            row["title"],
            _yuan_range(row["price_from"], row["price_to"]),
            row["sold"],
            "在售" if row["on_sale"] else "未上架",
        )
        for row in shop.get("listings", [])[:MOST_ROWS]
    )
    return [
        Exhibit("商品（按销量）", ("商品标题", "售价（元）", "已售", "状态"), goods),
        _counted("订单（按状态）", shop.get("orders", {})),
        _counted("售后（按状态）", shop.get("after_sales", {})),
    ]


def _counted(title: str, counts: dict[str, int]) -> Exhibit:
    return Exhibit(title, ("状态", "数量"), tuple((name, count) for name, count in counts.items() if count))


def _suppliers(facts: dict[str, Any]) -> Exhibit:
    rows = tuple((row["name"], row["orders"]) for row in facts["suppliers"][:MOST_ROWS])
    return Exhibit("合作供应商", ("供应商", "采购单"), rows)


def _shows(facts: dict[str, Any]) -> Exhibit:
    return Exhibit(
        "直播场次",
        ("主题", "时长（分钟）", "观看人数", "评论", "成交单数", "成交额（元）"),
        tuple(
            (row["title"], row["minutes"], row["uv"], row["comments"], row["orders"], plain_yuan(row["gmv_paid"]))
            for row in facts["shows"][:MOST_ROWS]
        ),
    )


class Classes:
    """ClassFacts: which class it is, and who teaches or taught it."""

    def class_of(self, account_id: int | None, scope_id: int) -> ClassFact:
        """Return the class of the scope. Raises NotFound for any other scope."""
        found = _class(scope_id)
        return ClassFact(
            scope_id=found.scope_id,
            class_name=found.name,
            version=found.version,
            institution_scope_id=found.institution_scope_id,
            institution_name=found.institution_name,
            ends_on=found.end_date,
        )

    def teachers(self, scope_id: int) -> set[int]:
        """Return the accounts that teach or ever taught the class."""
        return api.teaching_history(scope_id)


class Tokens:
    """IdentityTokens: everything by which a trainee, the class or a classmate could be named."""

    def tokens(self, account_id: int, scope_id: int) -> frozenset[str]:
        """Return own names and numbers, class, institution, teachers, classmates and all shops of the class."""
        found = _class(scope_id)
        own = db.session.get_one(Account, account_id)
        tokens = {own.name, own.login, own.phone or "", found.name, found.code, found.institution_name}
        if own.id_number_encrypted is not None:
            tokens.add(field_keys.decrypt(own.id_number_encrypted))
        people = {entry.account_id for entry in access.roster_entries(found.id)} | api.teaching_history(scope_id)
        if people:
            tokens |= set(db.session.scalars(sa.select(Account.name).where(Account.id.in_(people))))
        tokens |= {shop.shop_name for shop in mall.shop_metrics(found.world_id)}
        return frozenset(token.strip() for token in tokens if len(token.strip()) >= 2)


class Rules:
    """Eligibility: what must hold before an outcome is handed in; attendance joins it when it exists."""

    def check(self, account_id: int, scope_id: int) -> tuple[RuleCheck, ...]:
        """Return every rule with value, limit, source and remedy."""
        found = _class(scope_id)
        enrolled = any(entry.account_id == account_id for entry in access.roster_entries(found.id))
        is_open = mall.progress(found.world_id, [account_id])[account_id].shop_state == "open"
        return (
            RuleCheck(
                rule="在册学员",
                value="在册" if enrolled else "不在册",
                limit="在本班名册中",
                met=enrolled,
                source=f"{found.name}名册",
                remedy="" if enrolled else "请联系培训机构核对名册。",
                blocks=True,
            ),
            RuleCheck(
                rule="已开设店铺",
                value="已营业" if is_open else "未营业",
                limit="店铺处于营业状态",
                met=is_open,
                source="模拟商城",
                remedy="" if is_open else "没有店铺也能提交，但多数评分项会没有依据。",
            ),
        )


PORTS = Ports(Facts(), Classes(), Tokens(), Rules())
