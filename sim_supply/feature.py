"""What the supply system brings along."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.feature import Feature, HomeCard, MenuItem
from app.core.permissions import Permission
from sim_mall.events import OrderClosed, OrderCompleted, OrderShipped, RefundPaid, SafetyStockChanged
from sim_supply import subscribers
from sim_supply.commands import commands
from sim_supply.domain.cooperation import COOPERATION_FLOW
from sim_supply.domain.order_flow import ORDER_FLOW
from sim_supply.domain.return_flow import RETURN_FLOW
from sim_supply.domain.stock_flow import STOCK_FLOW
from sim_supply.domain.trouble_flow import TROUBLE_FLOW
from sim_supply.services import desk, fetch_job, imports, listing, listing_job
from sim_supply.views import desk as desk_views
from sim_supply.views import fulfilment as fulfilment_views
from sim_supply.views import imports as import_views
from sim_supply.views import library as library_views
from sim_supply.views import orders as order_views
from sim_supply.views import settings as settings_views
from sim_supply.views import stock as stock_views
from sim_supply.views import suppliers as supplier_views
from sim_supply.views.blueprint import blueprint

# their routes hang on the blueprint
PAGES = (
    desk_views,
    library_views,
    order_views,
    import_views,
    supplier_views,
    stock_views,
    fulfilment_views,
    settings_views,
)


def _in_world(actor: Actor) -> dict[str, object] | None:
    return {} if actor.world_id is not None else None


def home_cards(actor: Actor) -> list[HomeCard]:
    """Say what waits for the trainee in the supply system: orders to fetch, purchase orders, goods to list."""
    if actor.world_id is None or actor.account_id is None or not actor.may(Permission.SUPPLY_USE):
        return []
    todo = desk.read_todo(actor)
    cards = []
    if todo.unfetched:
        text = "买家已付款，抓取后按供应商拆单、推送，才会发货。"
        title = f"{todo.unfetched} 笔新订单等着抓取"
        cards.append(HomeCard(title, text, "/supply/", "去抓取订单", urgency=15, icon="refresh"))
    if todo.needing_seller:
        text = "未推送或被供应商拒单，买家还在等发货。"
        title = f"{todo.needing_seller} 张采购单要处理"
        cards.append(HomeCard(title, text, "/supply/orders/", "处理采购单", urgency=20, icon="truck-delivery"))
    if todo.nothing_listed:
        text = "在货源库里勾选商品，按成本定价，一键上架到店铺。"
        cards.append(HomeCard("选第一批货上架", text, "/supply/catalogue", "去选货", urgency=30, icon="sparkles"))
    return cards


def _item(label: str, endpoint: str, icon: str, permission: Permission, order: int, group: str) -> MenuItem:
    return MenuItem("supply", label, f"supply.{endpoint}", icon, permission, order, group, arguments=_in_world)


FEATURE = Feature(
    name="supply",
    blueprints=[blueprint],
    commands=[commands],
    menu=[
        _item("供货工作台", "home", "layout-dashboard", Permission.SUPPLY_USE, 10, ""),
        _item("分销货源库", "catalogue", "building-warehouse", Permission.SUPPLY_VIEW, 20, "选货上架"),
        _item("供应商", "suppliers", "building-factory", Permission.SUPPLY_VIEW, 25, "选货上架"),
        _item("已上架货源", "listings", "packages", Permission.SUPPLY_USE, 30, "选货上架"),
        _item("规格映射", "mapping_list", "link", Permission.SUPPLY_USE, 32, "选货上架"),
        _item("供货价变动", "costs", "trending-up", Permission.SUPPLY_USE, 34, "选货上架"),
        _item("导入货源", "import_form", "upload", Permission.SUPPLY_CATALOGUE_IMPORT, 40, "选货上架"),
        MenuItem(
            "supply",
            "采购订单",
            "supply.order_list",
            "truck-delivery",
            Permission.SUPPLY_USE,
            50,
            "订单履约",
            count=desk.needing_seller,
            arguments=_in_world,
        ),
        _item("仓库发货", "own_warehouse", "package-export", Permission.SUPPLY_USE, 52, "订单履约"),
        _item("退供换货", "return_list", "receipt-refund", Permission.SUPPLY_USE, 54, "订单履约"),
        _item("发货风险", "risks", "alert-triangle", Permission.SUPPLY_USE, 56, "订单履约"),
        _item("增量抓取", "fetching_page", "refresh", Permission.SUPPLY_USE, 58, "订单履约"),
        _item("库存同步", "sync_page", "arrows-exchange", Permission.SUPPLY_USE, 60, "库存与对账"),
        _item("自有库存", "stock", "building-warehouse", Permission.SUPPLY_USE, 62, "库存与对账"),
        _item("对账单", "reconciliation", "file-text", Permission.SUPPLY_USE, 64, "库存与对账"),
        _item("毛利报表", "profit_report", "chart-bar", Permission.SUPPLY_USE, 66, "库存与对账"),
    ],
    subscribers=[
        (OrderShipped, subscribers.on_order_changed),
        (OrderCompleted, subscribers.on_order_changed),
        (OrderClosed, subscribers.on_order_changed),
        (RefundPaid, subscribers.on_refund_paid),
        (SafetyStockChanged, subscribers.on_safety_stock_changed),
    ],
    due_handlers=subscribers.DUE_HANDLERS,
    jobs={
        imports.CHECK_JOB: imports.run_check,
        imports.STORE_JOB: imports.run_store,
        listing.LIST_JOB: listing_job.run,
        fetch_job.FETCH_JOB: fetch_job.run,
    },
    home_cards=[home_cards],
    flows=[ORDER_FLOW, COOPERATION_FLOW, STOCK_FLOW, RETURN_FLOW, TROUBLE_FLOW],
)
