"""Plain data that leaves the mall: frozen, without ORM objects. Money in fen, times simulated and aware (UTC)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ShopInfo:
    """A shop (店铺). deposit: fen that lie as its deposit. state: see ``shop_flow``."""

    id: int
    world_id: int
    owner_id: int
    name: str
    state: str
    deposit: int


@dataclass(frozen=True, slots=True)
class SkuInfo:
    """One SKU. saleable: units that can be sold, never negative; safety: units kept back from sale (安全库存)."""

    id: int
    listing_id: int
    code: str
    spec: str
    price: int
    saleable: int
    safety: int = 0


@dataclass(frozen=True, slots=True)
class ListingInfo:
    """A listing (商品) with its SKUs in their order."""

    id: int
    shop_id: int
    shop_name: str
    title: str
    category_l1: str
    category_l2: str
    brief: str
    state: str
    price_from: int
    price_to: int
    sold: int
    skus: tuple[SkuInfo, ...]


@dataclass(frozen=True, slots=True)
class SkuDraft:
    """A SKU to be made. price: fen. code may be empty.

    spec: "颜色:米白;尺寸:M" for up to three axes, or one name. picture: name of an uploaded picture. volume_cm3: 0
    where it is not stated. safety: units of the stock that are kept back from sale.
    """

    code: str
    spec: str
    price: int
    stock: int
    weight_g: int = 500
    barcode: str = ""
    picture: str = ""
    volume_cm3: int = 0
    safety: int = 0


@dataclass(frozen=True, slots=True)
class ListingDraft:
    """A listing to be made. promise_hours: hours to ship (0: the world's setting).

    freight_fee: fen per shop order, where no freight_template_id is given. pictures: names of uploaded pictures, the
    first is the cover. detail: HTML, sanitised when stored. alarm: saleable units of a SKU at which the seller is told.
    stock_at_payment: stock is taken at payment (付款减库存). buy_limit: units of one buyer (限购), 0 for any.
    video: public name of the shop's stored MP4, '' for none.
    accept_risk: False asks for the soft block first (the form; 仍要提交 sets it).
    """

    title: str
    brief: str
    category_l1: str
    category_l2: str
    unit: str
    skus: tuple[SkuDraft, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    freight_fee: int = 0
    promise_hours: int = 0
    key: str = ""
    brand: str = ""
    pictures: tuple[str, ...] = ()
    detail: str = ""
    freight_template_id: int | None = None
    seven_day: bool = True
    alarm: int = 5
    accept_risk: bool = True
    stock_at_payment: bool = False
    video: str = ""
    buy_limit: int = 0


@dataclass(frozen=True, slots=True)
class Receiver:
    """To whom an order goes."""

    name: str
    phone: str
    region: str
    detail: str
    division_code: str = ""  # of the region; decides the freight, '' takes each template's default row


@dataclass(frozen=True, slots=True)
class OrderLineInfo:
    """One line of an order, frozen when it was placed. applying, refunded, shipped: units."""

    id: int
    sku_id: int
    listing_id: int
    title: str
    spec: str
    quantity: int
    unit_price: int
    payable: int
    shipped: int
    applying: int
    refunded: int
    shippable: int = 0  # units that may leave now: not shipped, not cancelled, not asked back


@dataclass(frozen=True, slots=True)
class OrderInfo:
    """One order with its lines. modified_at moves with every change of the order."""

    id: int
    number: str
    world_id: int
    shop_id: int
    shop_name: str
    buyer_id: int
    state: str
    source: str
    room_id: int | None
    placed_at: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    modified_at: datetime
    goods_payable: int
    freight: int
    payable: int
    receiver: Receiver
    lines: tuple[OrderLineInfo, ...]


@dataclass(frozen=True, slots=True)
class ParcelInfo:
    """One parcel of an order."""

    id: int
    order_id: int
    carrier: str
    waybill: str
    state: str
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class ShopMetrics:
    """Figures of one shop. gmv_placed: payable of all orders placed; gmv_paid: of those ever paid; refunded: fen
    paid back; rating: mean of the three scores times 100, None without reviews."""

    shop_id: int
    shop_name: str
    owner_id: int
    state: str
    listings_on_sale: int
    orders: int
    orders_paid: int
    gmv_placed: int
    gmv_paid: int
    refunded: int
    completed: int
    rating: int | None
    live_orders: int


@dataclass(frozen=True, slots=True)
class ShopAudience:
    """Who came to a shop since it opened, and what they think of it. How it is counted: ``sim_mall.api.definitions``.

    description, service, logistics: the shop's scores (店铺评分) times 100, None below three ratings.
    """

    views: int = 0
    visitors: int = 0
    description: int | None = None
    service: int | None = None
    logistics: int | None = None


@dataclass(frozen=True, slots=True)
class MallProgress:
    """What one person has done in the mall so far; all counts."""

    shop_id: int | None = None
    shop_state: str | None = None
    listings_on_sale: int = 0
    orders_received: int = 0
    orders_shipped: int = 0
    orders_completed: int = 0
    refunds_closed: int = 0
    orders_bought: int = 0
    reviews_written: int = 0


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works in a shop. role: owner | operator | service | warehouse."""

    account_id: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class SpeechFinding:
    """One thing wrong in what is said in a live room. rule: R1 to R17; word: as said; shown: with what is around it.

    level: ban | caution. stops: it would be penalised in this world. message, advice: Chinese sentences.
    """

    rule: str
    rule_name: str
    word: str
    shown: str
    level: str
    stops: bool
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class AfterSaleInfo:
    """One after-sale ticket. amount, paid: fen. good, bad: units that came back. version: for answering it."""

    id: int
    order_id: int
    order_number: str
    line_id: int
    sku_id: int
    title: str
    spec: str
    kind: str
    stage: str
    state: str
    reason: str
    quantity: int
    amount: int
    paid: int
    good: int
    bad: int
    carrier: str
    waybill: str
    version: int
    opened_at: datetime
    deadline_by: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LiveCoupon:
    """A coupon that a live room gives. words: what it does (满100减10); claimed of ``total`` were given.

    given: whether it can still be taken.
    """

    id: int
    name: str
    words: str
    total: int
    claimed: int
    per_user: int
    ends_at: datetime
    given: bool


@dataclass(frozen=True, slots=True)
class LiveStockInfo:
    """Live stock (直播库存) of one SKU of an item. left: of the units, not yet taken; aside: whether these are kept."""

    units: int
    left: int
    aside: bool


@dataclass(frozen=True, slots=True)
class LiveQuote:
    """What a purchase in a live room costs, in fen. discounts: (words, fen) of activities and coupons.

    blocked: the goods cannot be sent to the receiver's region.
    """

    goods: int
    discounts: tuple[tuple[str, int], ...]
    freight: int
    payable: int
    blocked: bool
