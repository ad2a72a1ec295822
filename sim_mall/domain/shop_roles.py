"""Who may do what in a shop (店铺岗位): a group of trainees may run one shop, each in a role with its powers."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import ANYONE, Flow, on


class ShopRole(StrEnum):
    """A role in a shop. The owner registered it; the others were invited."""

    OWNER = "owner"
    OPERATOR = "operator"  # 运营: goods, promotions, page, live, figures
    SERVICE = "service"  # 客服: chat, after-sale, orders
    WAREHOUSE = "warehouse"  # 仓管: shipping, stock, returned goods


class ShopPower(StrEnum):
    """One thing that somebody may do in a shop."""

    DESK = "desk"  # enter the seller centre
    ORDERS = "orders"  # see orders, notes and exports
    ORDER_CHANGE = "order_change"  # change a price, close an unpaid order, write notes
    SHIP = "ship"  # ship, change a waybill, print packing slips
    TICKETS = "tickets"  # see after-sale tickets
    AFTER_SALE = "after_sale"  # agree, reject, escalate, give evidence
    RETURNS = "returns"  # take returned goods in, send again
    GOODS = "goods"  # create, change, shelve listings
    STOCK = "stock"  # set stock
    PROMOTE = "promote"  # coupons and activities
    CHAT = "chat"  # answer buyers
    LIVE = "live"  # host live rooms for the shop
    SUPPLY = "supply"  # source goods, fetch orders
    DECORATE = "decorate"  # the shop's page and categories
    DATA = "data"  # the data board
    VIOLATIONS = "violations"  # see violations, appeal
    FUNDS = "funds"  # see balance and statement
    MONEY = "money"  # withdraw, top up the deposit
    SHOP = "shop"  # papers, suspension, closing
    MEMBERS = "members"  # invite, change and remove members


P = ShopPower

POWERS: dict[ShopRole, frozenset[ShopPower]] = {
    ShopRole.OWNER: frozenset(ShopPower),
    ShopRole.OPERATOR: frozenset(
        {
            *(P.DESK, P.ORDERS, P.TICKETS, P.GOODS, P.STOCK, P.PROMOTE, P.CHAT, P.LIVE),
            *(P.SUPPLY, P.DECORATE, P.DATA, P.VIOLATIONS),
        }
    ),
    ShopRole.SERVICE: frozenset(
        {P.DESK, P.ORDERS, P.ORDER_CHANGE, P.TICKETS, P.AFTER_SALE, P.CHAT, P.VIOLATIONS},
    ),
    ShopRole.WAREHOUSE: frozenset({P.DESK, P.ORDERS, P.SHIP, P.TICKETS, P.RETURNS, P.STOCK, P.SUPPLY}),
}

ROLE_NAMES: dict[ShopRole, str] = {
    ShopRole.OWNER: "店主",
    ShopRole.OPERATOR: "运营",
    ShopRole.SERVICE: "客服",
    ShopRole.WAREHOUSE: "仓管",
}

ROLE_WORDS: dict[ShopRole, str] = {
    ShopRole.OWNER: "全部功能，包括资金、店铺资料和成员。",
    ShopRole.OPERATOR: "商品、库存、促销、装修、直播和数据。",
    ShopRole.SERVICE: "接待买家、处理售后、修改订单价格。",
    ShopRole.WAREHOUSE: "发货、库存、退货验收和供货订单。",
}

POWER_NAMES: dict[ShopPower, str] = {
    P.DESK: "进入卖家中心",
    P.ORDERS: "查看订单",
    P.ORDER_CHANGE: "改价、关闭订单和写备注",
    P.SHIP: "发货",
    P.TICKETS: "查看售后",
    P.AFTER_SALE: "处理售后",
    P.RETURNS: "验收退货",
    P.GOODS: "管理商品",
    P.STOCK: "修改库存",
    P.PROMOTE: "管理促销",
    P.CHAT: "接待买家",
    P.LIVE: "直播",
    P.SUPPLY: "管理货源和供货订单",
    P.DECORATE: "装修店铺",
    P.DATA: "查看数据",
    P.VIOLATIONS: "查看违规和申诉",
    P.FUNDS: "查看资金",
    P.MONEY: "提现和缴纳保证金",
    P.SHOP: "管理店铺资料",
    P.MEMBERS: "管理成员",
}


def may(role: ShopRole, power: ShopPower) -> bool:
    """Say whether the role holds the power."""
    return power in POWERS[role]


class MemberState(StrEnum):
    """Where a membership stands."""

    INVITED = "invited"
    ACTIVE = "active"
    ENDED = "ended"  # declined, withdrawn, left or removed; the event says which


MEMBER_NAMES: dict[MemberState, str] = {
    MemberState.INVITED: "等待接受",
    MemberState.ACTIVE: "已加入",
    MemberState.ENDED: "已结束",
}

M = MemberState
MEMBER_FLOW = Flow(
    "shop_member",
    MemberState,
    M.INVITED,
    [
        on("accept", M.INVITED, M.ACTIVE, ANYONE, "这份邀请已经失效，请联系店主重新邀请。"),
        on("decline", M.INVITED, M.ENDED, ANYONE, "这份邀请已经失效。"),
        on("withdraw", M.INVITED, M.ENDED, ANYONE, "对方已经处理了邀请，请刷新页面。"),
        on("leave", M.ACTIVE, M.ENDED, ANYONE, "你已经不在这家店铺了。"),
        on("remove", M.ACTIVE, M.ENDED, ANYONE, "这位同学已经不在店铺里了。"),
        on("invite_again", M.ENDED, M.INVITED, ANYONE, "这位同学已经受邀或已加入。"),
    ],
    final=frozenset(),
    names={str(k): v for k, v in MEMBER_NAMES.items()},
)
