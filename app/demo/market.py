"""Trade in a demo class: shops, goods, orders, parcels, reviews, after-sales, all through the services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.actor import Actor, system
from app.demo import texts
from app.demo.timeline import Timeline
from app.worlds.chance import Chance
from app.worlds.clock import sim_now
from sim_mall import access as mall_access
from sim_mall import open_platform
from sim_mall.data import ListingDraft, ListingInfo, OrderInfo, Receiver, SkuDraft
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.shop_flow import Subject
from sim_mall.services import addresses, aftersales, applying, cart, orders, payments, receiving, reviews, shops
from sim_supply.domain.pricing import PriceRule, RuleKind
from sim_supply.services import fetching, imports, library, listing

HERE = Path(__file__).parent
STREETS = ("麓山南路 12 号", "桐梓坡路 88 号", "金星中路 206 号", "银盆岭街 5 号", "杜鹃路 31 号")
DISTRICTS = ("430104", "430102", "430111", "430105", "430121")
RULES = (
    PriceRule(RuleKind.PERCENT, percent_bp=19_000, round_nine=True),
    PriceRule(RuleKind.PERCENT, percent_bp=21_000, round_nine=True),
    PriceRule(RuleKind.MARGIN, margin_bp=4_000, freight=500, fee_bp=500, round_nine=True),
    PriceRule(RuleKind.ADD, add=1_800, round_nine=True),
)


@dataclass(slots=True)
class Sale:
    """One order of the demo and who takes part; numbers count trainees from 1."""

    order_id: int
    buyer: int
    seller: int
    sent: bool = False  # nothing is left for the seller to ship
    over: bool = False  # received, and reviewed by those who review


@dataclass(slots=True)
class Market:
    """The market of one class. traders: trainees by number, from 1."""

    seed: str
    traders: dict[int, Actor]
    world_id: int
    signs: Sequence[tuple[str, str, str]]  # name, main category and introduction of each trainee's shop
    even: bool = False  # every shop sells alike; else the first ones sell more
    shops: dict[int, int] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)  # listings that the shop ships itself
    buyers: list[int] = field(default_factory=list)  # who has an address
    sales: list[Sale] = field(default_factory=list)
    qualities: dict[str, int] = field(default_factory=dict)  # of papers, by code
    _keys: int = 0
    _waybills: int = 0

    def key(self) -> str:
        """Return a key that no other submit has."""
        self._keys += 1
        return f"demo-{self.seed}-{self._keys}"

    def chance(self, stream: str, tick: int | str = 0) -> Chance:
        """Return a stream of chance of this class."""
        return Chance(f"demo-{self.seed}", stream, tick)

    def sign(self, number: int) -> tuple[str, str, str]:
        """Return name, main category and introduction of the trainee's shop."""
        return self.signs[(number - 1) % len(self.signs)]

    # -- goods ------------------------------------------------------------------------------------------

    def load_catalogue(self, actor: Actor) -> None:
        """Bring the project's own catalogue into the supply library."""
        imports.import_catalogue(
            actor,
            (HERE / "catalogue.csv").read_bytes(),
            "catalogue.csv",
            suppliers_data=(HERE / "suppliers.csv").read_bytes(),
        )

    def register(self, number: int) -> None:
        """Let the trainee apply for a shop."""
        name, business, intro = self.sign(number)
        application = shops.Application(name, Subject.PERSON, business, intro, agreed=True)
        self.shops[number] = shops.register_shop(self.traders[number], application, self.key()).id

    def open_shop(self, number: int, goods: int) -> None:
        """Let the trainee register, pay the deposit, list goods of the shop's category, and own ones."""
        actor = self.traders[number]
        self.register(number)
        shops.pay_deposit(actor)
        self.list_goods(number, goods)
        for row in () if self.even else texts.OWN_GOODS.get(number, ()):
            self._list_own(number, row)

    def list_goods(self, number: int, count: int) -> None:
        """Let the trainee list goods with one click, most of them of the shop's own category."""
        actor = self.traders[number]
        business = self.sign(number)[1]
        chance = self.chance("goods", f"{number}-{len(self.own)}")
        found = [card for page in (1, 2, 3, 4, 5) for card in library.browse(actor, library.Filters(), page).items]
        fresh = list({card.id: card for card in found if card.listing_id is None}.values())
        home = [card for card in fresh if card.category.startswith(business)]
        chance.shuffle(home)
        others = chance.sample([card for card in fresh if not card.category.startswith(business)], count)
        chosen = [card.id for card in [*home, *others][:count]]
        freight = 0 if number % 3 else 600
        listing.list_goods(actor, chosen, [], RULES[number % len(RULES)], freight, self.key())

    def _list_own(self, number: int, row: tuple[str, str, str, str, str, int, int]) -> None:
        title, brief, category, below, spec, price, stock = row
        draft = ListingDraft(
            title=title,
            brief=brief,
            category_l1=category,
            category_l2=below,
            unit="件",
            skus=(SkuDraft("", spec, price, stock),),
            promise_hours=48,
            key=self.key(),
        )
        self.own.add(open_platform.create_listing(self.traders[number], self.shops[number], draft).id)

    # -- buying -----------------------------------------------------------------------------------------

    def save_address(self, number: int) -> None:
        """Let the trainee keep an address; the phone number is visibly made up."""
        actor = self.traders[number]
        draft = addresses.AddressDraft(
            name=actor.name,
            phone=f"190000000{number:02d}",
            division_code=DISTRICTS[number % len(DISTRICTS)],
            detail=f"{STREETS[number % len(STREETS)]} {number} 栋 {number * 7 % 30 + 101} 室",
            is_default=True,
        )
        addresses.save_address(actor, draft, self.key())
        self.buyers.append(number)

    def receiver(self, number: int) -> Receiver:
        """Return where the trainee lets things be sent."""
        where = open_platform.default_address(self.traders[number])
        assert where is not None
        return where

    def goods_of(self, seller: int) -> list[ListingInfo]:
        """Return what the trainee's shop has on sale."""
        return open_platform.own_listings(self.traders[seller], self.shops[seller])

    def buy(self, buyer: int, seller: int, chance: Chance, *, pay: bool = True, own: bool = False) -> Sale | None:
        """Let one trainee buy something of another's shop; None when nothing is to be had."""
        wanted = self._choose(seller, chance, own=own)
        if not wanted:
            return None
        actor = self.traders[buyer]
        order_id = orders.submit_orders(actor, wanted, self.receiver(buyer), key=self.key())[0]
        if pay:
            payments.pay_orders(actor, [order_id], self.key())
        sale = Sale(order_id, buyer, seller)
        self.sales.append(sale)
        return sale

    def _choose(self, seller: int, chance: Chance, *, own: bool) -> list[orders.Wanted]:
        goods = [item for item in self.goods_of(seller) if not own or item.id in self.own]
        for item in chance.sample(goods, len(goods)):
            sku = chance.pick(item.skus)
            units = 1 if sku.price > 8_000 else chance.between(1, 2)
            if sku.saleable >= units and sku.price < 40_000:
                return [orders.Wanted(sku.id, units)]
        return []

    def put_into_cart(self, buyer: int, sellers: Iterable[int], chance: Chance) -> None:
        """Let the trainee put goods of several shops into the cart."""
        for seller in sellers:
            for wanted in self._choose(seller, chance, own=False):
                cart.add_to_cart(self.traders[buyer], wanted.sku_id, wanted.quantity)

    def shop_day(self, day: int, slot: int, count: int, sellers: Sequence[int]) -> None:
        """Let ``count`` purchases happen."""
        chance = self.chance("buying", f"{day}-{slot}")
        for _ in range(count):
            place = chance.below(len(sellers))
            seller = sellers[place if self.even else min(place, chance.below(len(sellers)))]
            buyer = chance.pick([number for number in self.buyers if number != seller])
            self.buy(buyer, seller, chance)

    # -- fulfilling -------------------------------------------------------------------------------------

    def order(self, sale: Sale) -> OrderInfo:
        """Return the order as it stands now."""
        return open_platform.get_order(system(self.world_id), sale.order_id)

    def fulfil(self, sellers: Iterable[int]) -> None:
        """Let these sellers fetch orders for their suppliers and ship what they have themselves."""
        wanted = set(sellers)
        waiting: dict[int, list[OrderInfo]] = {}
        for sale in self.sales:
            if sale.seller in wanted and not sale.sent:
                order = self.order(sale)
                sale.sent = order.state not in {"pending_pay", "paid", "part_shipped"}
                if order.state in {"paid", "part_shipped"}:
                    waiting.setdefault(sale.seller, []).append(order)
        for seller, found in sorted(waiting.items()):
            actor = self.traders[seller]
            fetching.fetch_orders(actor, self.key())
            for order in found:
                lines = {
                    line.id: line.quantity - line.shipped
                    for line in order.lines
                    if line.listing_id in self.own and line.quantity > line.shipped and not line.applying
                }
                if lines:
                    self._waybills += 1
                    waybill = f"75{self.world_id:04d}{self._waybills:08d}"
                    open_platform.ship(actor, order.id, lines, "zto", waybill, self.key())

    def receive(self, day: int) -> None:
        """Let buyers confirm what has arrived, and review most of it."""
        chance = self.chance("receiving", day)
        for sale in self.sales:
            if sale.over:
                continue
            order = self.order(sale)
            if order.state == "shipped" and chance.happens(5_500):
                receiving.confirm_receipt(self.traders[sale.buyer], order.id)
                order = self.order(sale)
            if order.state == "completed":
                sale.over = True
                if chance.happens(7_500):
                    self._review(sale, order, chance)

    def _review(self, sale: Sale, order: OrderInfo, chance: Chance) -> None:
        stars = chance.pick((5, 5, 5, 5, 5, 4, 4, 4, 3, 2))
        said = [
            reviews.LineReview(line.id, stars, chance.pick(texts.REVIEWS[stars]))
            for line in order.lines
            if line.refunded < line.quantity
        ]
        if said:
            service, logistics = min(5, stars + chance.below(2)), max(2, stars - chance.below(2))
            reviews.write_reviews(self.traders[sale.buyer], order.id, service, logistics, said, self.key())

    # -- after-sale -------------------------------------------------------------------------------------

    def askable(self, sales: Iterable[Sale], state: str, reason: Reason) -> Iterator[Sale]:
        """Yield those in this state of which nothing was asked back, and may be for this reason."""
        for sale in sales:
            order = self.order(sale)
            if order.state == state and not any(line.applying or line.refunded for line in order.lines):
                row = mall_access.get_bought_order(self.traders[sale.buyer], sale.order_id)
                if not applying.closed_reason(row, sim_now(self.world_id), reason):
                    yield sale

    def find(self, state: str, reason: Reason, *, sellers: Iterable[int] = (), newest: bool = False) -> Sale | None:
        """Return the first (or the newest) order in this state that may be asked back, of these sellers where given."""
        some = set(sellers)
        sales = reversed(self.sales) if newest else self.sales
        return next(self.askable((sale for sale in sales if not some or sale.seller in some), state, reason), None)

    def ask_back(self, sale: Sale, *, ship_back: bool, reason: Reason, text: str) -> int:
        """Let the buyer ask for one unit's money, with or without the goods going back; return the ticket."""
        kind = AfterSaleKind.RETURN if ship_back else AfterSaleKind.REFUND_ONLY
        line = self.order(sale).lines[0]
        claim = aftersales.Claim(kind, 1, reason, text)
        return aftersales.apply_after_sale(self.traders[sale.buyer], sale.order_id, line.id, claim, self.key()).id

    def agree(self, sale: Sale, ticket: int) -> None:
        """Let the seller agree."""
        aftersales.agree(self.traders[sale.seller], ticket, None)

    def send_back(self, sale: Sale, ticket: int) -> None:
        """Let the buyer post the goods back."""
        self._waybills += 1
        aftersales.fill_waybill(self.traders[sale.buyer], ticket, "yto", f"YT9{self.world_id:04d}{self._waybills:08d}")

    def take_back(self, sale: Sale, ticket: int) -> None:
        """Let the seller receive one unit in good order; the refund follows."""
        aftersales.receive_back(self.traders[sale.seller], ticket, None, 1, 0)


def play_days(
    market: Market, line: Timeline, days: Sequence[int], plan: dict[int, int], sellers: Sequence[int]
) -> None:
    """Let ordinary days pass: purchases in the morning and evening, fulfilment at noon, receipts at night.

    plan: purchases per day. sellers: shops that sell and ship in these days.
    """
    for day in days:
        if line.past(line.moment(day, 10)):
            with line.at(line.moment(day, 10, 20)):
                market.shop_day(day, 1, (plan[day] + 1) // 2, sellers)
        if line.past(line.moment(day, 12)):
            with line.at(line.moment(day, 12, 10)):
                market.fulfil(sellers)
        if line.past(line.moment(day, 20)):
            with line.at(line.moment(day, 20, 5)):
                market.shop_day(day, 2, plan[day] // 2, sellers)
                market.receive(day)
