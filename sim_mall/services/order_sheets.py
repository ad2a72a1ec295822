"""Orders as spreadsheets (订单导出、批量发货): rows out, carrier and waybill rows in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core import files, jobs
from app.core.actor import Actor, system
from app.core.clock import local
from app.core.db import db
from app.core.errors import DomainError, InvalidInput
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.core.sheets import read_table, write_table
from app.core.uow import unit_of_work
from sim_mall import access
from sim_mall.domain.order_flow import FLAG_NAMES, ORDER_NAMES, OrderSource, OrderState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import CARRIERS, carrier_name
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, Parcel
from sim_mall.services import shipping
from sim_mall.services.order_lists import OrderFilter, sold_ids
from sim_mall.services.orders import with_lines

EXPORT_JOB = "mall.export_orders"
AT_ONCE = 300  # orders; more are written by the worker
CHUNK = 500
MOST_ROWS = 500  # of one batch of shipping
XLSX = files.XLSX
COLUMNS = (
    *("订单号", "状态", "来源", "下单时间", "付款时间", "发货时间", "完成时间", "买家", "收货人", "手机号", "地区"),
    *("详细地址", "商品", "规格", "单价（元）", "数量", "商品实付（元）", "已发货", "已退款", "订单运费（元）"),
    *("订单应付（元）", "订单已退款（元）", "快递公司", "运单号", "买家留言", "旗标", "卖家备注"),
)
BATCH_COLUMNS = ("订单号", "快递公司", "运单号")


def _time(moment: Any) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""


def _rows(ids: Sequence[int]) -> Iterable[list[object]]:
    query = with_lines(sa.select(Order).where(Order.id.in_(ids)).order_by(Order.id.desc()))
    found = list(db.session.scalars(query))
    parcels: dict[int, list[Parcel]] = {}
    for parcel in db.session.scalars(sa.select(Parcel).where(Parcel.order_id.in_(ids)).order_by(Parcel.id)):
        parcels.setdefault(parcel.order_id, []).append(parcel)
    names = account_names({order.buyer_id for order in found})
    for order in found:
        sent = parcels.get(order.id, [])
        for line in order.lines:
            yield [
                order.number,
                ORDER_NAMES[order.state],
                "直播" if order.source == OrderSource.LIVE else "商城",
                *(_time(at) for at in (order.placed_at, order.paid_at, order.shipped_at, order.completed_at)),
                names.get(order.buyer_id, ""),
                order.receiver_name,
                order.receiver_phone,
                order.receiver_region,
                order.receiver_detail,
                line.title,
                line.spec,
                plain_yuan(line.unit_price),
                line.quantity,
                plain_yuan(line.payable),
                line.shipped,
                line.refunded,
                plain_yuan(order.freight),
                plain_yuan(order.payable),
                plain_yuan(order.refunded),
                "、".join(carrier_name(parcel.carrier) for parcel in sent),
                "、".join(parcel.waybill for parcel in sent),
                order.message,
                FLAG_NAMES[order.flag] if order.flag else "",
                order.seller_note,
            ]


def _export(ids: Sequence[int], report: Callable[[int, int], None] | None = None) -> bytes:
    def rows() -> Iterable[list[object]]:
        for start in range(0, len(ids), CHUNK):
            yield from _rows(ids[start : start + CHUNK])
            db.session.expunge_all()
            if report:
                report(min(start + CHUNK, len(ids)), len(ids))

    return write_table("订单", COLUMNS, rows())


def export_orders(actor: Actor, shop: Shop, wanted: OrderFilter) -> bytes | jobs.Job:
    """Return the chosen orders as a spreadsheet, one row per line; many of them as a job of the worker."""
    actor.require(Permission.MALL_SELL)
    access.require_power(actor, shop.id, ShopPower.ORDERS)
    shop_id = shop.id
    ids = sold_ids(shop, wanted)
    if len(ids) <= AT_ONCE:
        return _export(ids)
    payload = {"shop_id": shop_id, "world_id": actor.world(), "owner_id": actor.person(), "ids": ids}
    with unit_of_work():
        return jobs.enqueue(actor, EXPORT_JOB, f"导出 {len(ids)} 笔订单", payload)


def run_export(payload: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    """Write a large export and keep it for the person who asked."""
    data = _export([int(i) for i in payload["ids"]], lambda done, total: progress.report(done, total, "正在写入订单"))
    with unit_of_work():
        actor = system(int(payload["world_id"]))
        row = files.keep(data, "订单.xlsx", actor=actor, owner_id=int(payload["owner_id"]), content_type=XLSX)
        return {"url": f"/files/{row.public_name}?download=1"}


def to_ship_sheet(shop: Shop) -> bytes:
    """Return the shop's orders that can leave, with empty cells for carrier and waybill: the batch's template."""
    query = with_lines(
        sa.select(Order)
        .where(Order.shop_id == shop.id, Order.state.in_((OrderState.PAID, OrderState.PART_SHIPPED)))
        .order_by(Order.ship_by, Order.id)
        .limit(MOST_ROWS)
    )
    rows = [
        [
            *(order.number, "", "", order.receiver_name, order.receiver_phone),
            f"{order.receiver_region} {order.receiver_detail}",
            "；".join(f"{line.title} {line.spec} ×{line.shippable}" for line in order.lines if line.shippable),
            _time(order.ship_by),
        ]
        for order in db.session.scalars(query)
        if any(line.shippable for line in order.lines)
    ]
    more = ("收货人", "手机号", "地址", "待发商品", "最晚发货时间")
    return write_table("待发货", (*BATCH_COLUMNS, *more), rows)


@dataclass(frozen=True, slots=True)
class Shipment:
    """One row of a batch. number: of the row in the file, from 2; problem: '' once it can be shipped."""

    row: int
    number: str
    carrier: str
    waybill: str
    order_id: int | None
    problem: str


def read_batch(data: bytes) -> list[tuple[int, list[str]]]:
    """Return (row number, cells) of a batch file. Raises InvalidInput (field file) for one that cannot be read."""
    header, rows = read_table(data)
    missing = [name for name in BATCH_COLUMNS if name not in header]
    if missing:
        raise InvalidInput(f"第一行缺少“{'、'.join(missing)}”列，请使用下载的待发货清单。", field="file")
    places = [header.index(name) for name in BATCH_COLUMNS]
    found = []
    for number, row in enumerate(rows, 2):
        cells = [row[place] if place < len(row) else "" for place in places]
        if any(cells[1:]):
            found.append((number, cells))
    if not found:
        raise InvalidInput("文件里没有填写快递公司和运单号的行，请填写后再上传。", field="file")
    if len(found) > MOST_ROWS:
        raise InvalidInput(f"一次最多发货 {MOST_ROWS} 行，请分成几个文件。", field="file")
    return found


def check_batch(shop: Shop, rows: Sequence[tuple[int, list[str]]]) -> list[Shipment]:
    """Return what each row would ship, or what is wrong with it; changes nothing."""
    codes = {name: code for code, (name, _) in CARRIERS.items()} | {code: code for code in CARRIERS}
    numbers = [cells[0] for _, cells in rows]
    query = with_lines(sa.select(Order).where(Order.shop_id == shop.id, Order.number.in_(numbers)))
    orders = {order.number: order for order in db.session.scalars(query)}
    seen: set[tuple[str, str]] = set()
    checked = []
    for row, (number, carrier, typed) in ((row, tuple(cells)) for row, cells in rows):
        order, code, waybill = orders.get(number), codes.get(carrier, ""), typed.upper()
        problem = _row_problem(order, code, waybill)
        if not problem and (code, waybill) in seen:
            problem = "这个运单号在文件里出现了两次。"
        seen.add((code, waybill))
        checked.append(Shipment(row, number, code or carrier, waybill, order.id if order else None, problem))
    return checked


def _row_problem(order: Order | None, carrier: str, waybill: str) -> str:
    if order is None:
        return "店铺里没有这个订单号，请检查。"
    if order.state not in (OrderState.PAID, OrderState.PART_SHIPPED):
        return f"订单当前是“{ORDER_NAMES[order.state]}”，不能发货。"
    if order.forming:
        return "订单还在拼团，成团后才能发货。"
    if not any(line.shippable for line in order.lines):
        return "订单没有可以发货的商品，可能买家正在申请退款。"
    if not carrier:
        return f"不认识这家快递公司，请填写：{'、'.join(name for name, _ in CARRIERS.values())}。"
    return shipping.waybill_trouble(order.world_id, carrier, waybill)


def ship_batch(actor: Actor, shipments: Sequence[Shipment], key: str) -> list[Shipment]:
    """Ship the rows that hold, each in a transaction of its own; return all rows with what went wrong at last."""
    actor.require(Permission.MALL_SELL)
    done = []
    for shipment in shipments:
        problem = shipment.problem
        if not problem and shipment.order_id is not None:
            try:
                with unit_of_work():
                    shipping.ship_order(
                        actor, shipment.order_id, {}, shipment.carrier, shipment.waybill, f"{key}:{shipment.row}"
                    )
            except DomainError as error:
                problem = error.message
        done.append(
            Shipment(shipment.row, shipment.number, shipment.carrier, shipment.waybill, shipment.order_id, problem)
        )
    return done
