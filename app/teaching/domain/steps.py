"""Steps of a task (任务步骤): the registry, and when a trainee has reached one.

A step is a fact that a machine can check: the simulations and grading count, the step compares. Only
reading a resource is an act of its own. Source: training model 7.5 (done by system event, not by click).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """What a step asks for, in the order of a trainee's way."""

    RESOURCE_READ = "resource_read"  # 阅读资料
    SHOP_OPEN = "shop_open"  # 店铺开张
    LISTED_BY_CLICK = "listed_by_click"  # 一键上架
    GOODS_ON_SALE = "goods_on_sale"  # 在售商品
    BOUGHT = "bought"  # 买到商品
    ORDER_PAID = "order_paid"  # 收到已付款订单
    ORDER_FETCHED = "order_fetched"  # 抓取订单
    ORDER_SHIPPED = "order_shipped"  # 发货
    ORDER_COMPLETED = "order_completed"  # 订单完成
    REVIEW_WRITTEN = "review_written"  # 写评价
    LIVE_HELD = "live_held"  # 开播
    PLAN_COMPLETE = "plan_complete"  # 规划书写完
    OUTCOME_SUBMITTED = "outcome_submitted"  # 提交实践成果


@dataclass(frozen=True, slots=True)
class TraineeFacts:
    """What the platform counts of one trainee at one moment; all counts are >= 0."""

    shop_open: bool = False
    goods_on_sale: int = 0
    listed_by_click: int = 0
    orders_paid: int = 0
    orders_fetched: int = 0
    orders_shipped: int = 0
    orders_completed: int = 0
    orders_bought: int = 0
    reviews_written: int = 0
    rooms_held: int = 0
    plan_complete: bool = False
    outcome_submitted: bool = False


@dataclass(frozen=True, slots=True)
class StepRule:
    """How one kind of step reads and where it is done.

    words: the sentence on the page, with {n} for the count. unit: what is counted, "" when the step is
    done once. place: the path of the page where a trainee does it. measure: the count it compares.
    """

    kind: StepKind
    words: str
    short: str
    unit: str
    most: int
    place: str
    place_words: str
    measure: Callable[[TraineeFacts], int]

    @property
    def counted(self) -> bool:
        """Say whether the instructor chooses a number."""
        return bool(self.unit)

    def sentence(self, count: int) -> str:
        """Return the step as a sentence."""
        return self.words.format(n=count)


_ALL = (
    StepRule(
        StepKind.SHOP_OPEN, "注册店铺并开张", "开店", "", 1, "/seller/register", "去开店", lambda f: int(f.shop_open)
    ),
    StepRule(
        StepKind.LISTED_BY_CLICK,
        "从供应商一键上架 {n} 件商品",
        "一键上架",
        "件",
        200,
        "/supply/catalogue",
        "去选品",
        lambda f: f.listed_by_click,
    ),
    StepRule(
        StepKind.GOODS_ON_SALE,
        "店铺有 {n} 件商品在售",
        "在售商品",
        "件",
        200,
        "/seller/products/",
        "去上架",
        lambda f: f.goods_on_sale,
    ),
    StepRule(StepKind.BOUGHT, "在商城付款买 {n} 单", "买入", "单", 50, "/mall/", "去商城", lambda f: f.orders_bought),
    StepRule(
        StepKind.ORDER_PAID,
        "收到 {n} 笔已付款订单",
        "收到订单",
        "笔",
        500,
        "/seller/orders/",
        "看订单",
        lambda f: f.orders_paid,
    ),
    StepRule(
        StepKind.ORDER_FETCHED,
        "在供货系统抓取 {n} 笔订单",
        "抓取订单",
        "笔",
        500,
        "/supply/orders/",
        "去抓取",
        lambda f: f.orders_fetched,
    ),
    StepRule(
        StepKind.ORDER_SHIPPED,
        "发货 {n} 笔订单",
        "发货",
        "笔",
        500,
        "/seller/orders/",
        "去发货",
        lambda f: f.orders_shipped,
    ),
    StepRule(
        StepKind.ORDER_COMPLETED,
        "完成 {n} 笔订单（买家已确认收货）",
        "订单完成",
        "笔",
        500,
        "/seller/orders/",
        "看订单",
        lambda f: f.orders_completed,
    ),
    StepRule(
        StepKind.REVIEW_WRITTEN,
        "给买到的商品写 {n} 条评价",
        "写评价",
        "条",
        50,
        "/mall/orders/",
        "去评价",
        lambda f: f.reviews_written,
    ),
    StepRule(StepKind.LIVE_HELD, "开播 {n} 场直播", "开播", "场", 20, "/live/studio", "去开播", lambda f: f.rooms_held),
    StepRule(
        StepKind.PLAN_COMPLETE,
        "写完《网络创业规划书》",
        "规划书",
        "",
        1,
        "/grading/plan",
        "去写规划书",
        lambda f: int(f.plan_complete),
    ),
    StepRule(
        StepKind.OUTCOME_SUBMITTED,
        "提交实践成果",
        "实践成果",
        "",
        1,
        "/grading/outcome",
        "去提交",
        lambda f: int(f.outcome_submitted),
    ),
)
RULES: dict[StepKind, StepRule] = {rule.kind: rule for rule in _ALL}


def reached(kind: StepKind, need: int, facts: TraineeFacts, *, read: bool = False) -> tuple[int, bool]:
    """Return how much of the step the trainee has (at most ``need``) and whether it is reached.

    read: for RESOURCE_READ, whether the trainee has marked the resource as read.
    """
    have = int(read) if kind is StepKind.RESOURCE_READ else RULES[kind].measure(facts)
    return min(have, need), have >= need
