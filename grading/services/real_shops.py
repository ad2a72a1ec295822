"""Real shops (真实网店经营记录): stated by trainees with screenshots, checked by a screener, facts for markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Scope
from app.accounts.scopes import account_names, covers, descendants
from app.core import audit, clock, files, photos
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from grading import access
from grading.data import Figure
from grading.domain.admission_flows import REAL_SHOP_FLOW, RealShopState
from grading.domain.flows import OutcomeState
from grading.models.admission import RealShop, RealShopFile

PLATFORMS = ("淘宝", "天猫", "京东", "拼多多", "抖音小店", "快手小店", "微信小店", "微店", "小红书店铺", "其他平台")
MOST_FILES = 6
MOST_COUNT = 10_000_000
EDITABLE = frozenset({OutcomeState.DRAFT, OutcomeState.RETURNED})
ADDRESS = re.compile(r"^(https?://)?[^\s/]+\.[^\s]+$")
LEAST_ANSWER = 4
GROUP = "真实店铺"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a trainee says of the real shop. amount: fen."""

    platform: str
    name: str
    address: str
    opened_on: date
    goods: int
    orders: int
    amount: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShopRow:
    """A real shop as its screener sees it."""

    shop: RealShop
    trainee: str
    class_name: str
    pictures: tuple[int, ...]


def own_shop(actor: Actor) -> RealShop | None:
    """Return the trainee's real shop in the class of the hat, or None."""
    return shop_of(actor.person(), access.class_scope(actor))


def tokens(scope_id: int) -> frozenset[str]:
    """Return what names the real shops of a class: names, and addresses whole, without beginning, host alone."""
    found = set[str]()
    for name, address in db.session.execute(
        sa.select(RealShop.name, RealShop.address).where(RealShop.scope_id == scope_id)
    ):
        bare = address.partition("://")[2].removeprefix("www.").rstrip("/")
        found |= {name, address, bare, bare.partition("/")[0]}
    return frozenset(word for word in found if len(word) >= 2)


def shop_of(account_id: int, scope_id: int) -> RealShop | None:
    """Return what was stated of a trainee's real shop, or None."""
    return db.session.scalars(
        sa.select(RealShop).where(RealShop.account_id == account_id, RealShop.scope_id == scope_id)
    ).one_or_none()


def pictures_of(shop_ids: list[int]) -> dict[int, tuple[int, ...]]:
    """Return the ids of the screenshots by shop, oldest first."""
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        sa.select(RealShopFile.real_shop_id, RealShopFile.id)
        .where(RealShopFile.real_shop_id.in_(shop_ids))
        .order_by(RealShopFile.id)
    )
    for shop_id, picture_id in rows:
        found.setdefault(shop_id, []).append(picture_id)
    return {key: tuple(value) for key, value in found.items()}


def may_edit(actor: Actor) -> bool:
    """Say whether the trainee may still change the statement: until the outcome is handed in."""
    outcome = access.own_outcome(actor)
    return outcome is None or outcome.state in EDITABLE


def _require_editable(actor: Actor) -> None:
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    if not may_edit(actor):
        raise Refused("实践成果已经提交，真实店铺不能再改；需要修改时请先撤回实践成果。", code="wrong_state")


def _check(stated: Statement) -> None:
    if stated.platform not in PLATFORMS:
        raise InvalidInput("请从列表里选择平台。", field="platform")
    if not 1 <= len(stated.name) <= 60:
        raise InvalidInput("请填写店铺名称（最多 60 字）。", field="name")
    if len(stated.address) > 300 or not ADDRESS.match(stated.address):
        raise InvalidInput("请填写店铺网址，例如 https://shop.example.com。", field="address")
    if stated.opened_on > clock.local(clock.now()).date():
        raise InvalidInput("开店日期不能晚于今天。", field="opened_on")
    for field, title in (("goods", "在售商品"), ("orders", "订单数")):
        if not 0 <= getattr(stated, field) <= MOST_COUNT:
            raise InvalidInput(f"{title}应是 0 到 {MOST_COUNT:,} 之间的整数。", field=field)
    if not 0 <= stated.amount <= 10**12:
        raise InvalidInput("成交额太大，请核对。", field="amount")
    if len(stated.note) > 500:
        raise InvalidInput("补充说明最多 500 字。", field="note")


def state_shop(actor: Actor, stated: Statement) -> RealShop:
    """Record or change the own real shop; what was verified before has to be checked anew."""
    _require_editable(actor)
    _check(stated)
    values: dict[str, Any] = {
        name: getattr(stated, name)
        for name in ("platform", "name", "address", "opened_on", "goods", "orders", "amount", "note")
    } | {"stated_at": clock.now()}
    row = own_shop(actor)
    if row is None:
        row = RealShop(
            account_id=actor.person(), scope_id=access.class_scope(actor), state=RealShopState.STATED, **values
        )
        db.session.add(row)
        db.session.flush()
    else:
        _restate(actor, row, values)
    audit.record(actor, "real_shop.stated", f"real_shop:{row.id}", {"platform": row.platform}, scope_id=row.scope_id)
    return row


def _restate(actor: Actor, row: RealShop, values: dict[str, Any]) -> None:
    unchecked = {"found_goods": None, "found_orders": None, "answer": "", "checked_by": None, "checked_at": None}
    fire(REAL_SHOP_FLOW, row, "restate", actor, values={**values, **unchecked})


def add_picture(actor: Actor, photo: photos.Photo) -> int:
    """Add a screenshot, already re-encoded, to the own real shop; return its id."""
    _require_editable(actor)
    row = own_shop(actor)
    if row is None:
        raise Refused("请先填写并保存店铺信息，再上传截图。")
    if len(pictures_of([row.id]).get(row.id, ())) >= MOST_FILES:
        raise Refused(f"最多上传 {MOST_FILES} 张截图，请先删去不用的。")
    stored = files.keep(photo.large, "real-shop.jpg", actor=actor, content_type=photos.JPEG)
    picture = RealShopFile(real_shop_id=row.id, file_id=stored.id, added_at=clock.now())
    db.session.add(picture)
    _restate(actor, row, {"stated_at": clock.now()})
    db.session.flush()
    return picture.id


def drop_picture(actor: Actor, picture_id: int) -> None:
    """Take a screenshot away from the own real shop. Raises NotFound for anybody else's."""
    actor.require(Permission.GRADING_OUTCOME_SUBMIT)
    row = own_shop(actor)
    picture = db.session.get(RealShopFile, picture_id) if picture_id < 2**31 else None
    if row is None or picture is None or picture.real_shop_id != row.id:
        raise NotFound
    _require_editable(actor)
    db.session.delete(picture)
    _restate(actor, row, {"stated_at": clock.now()})


def picture(actor: Actor, picture_id: int) -> bytes:
    """Return a screenshot to its owner or to a screener above the class. Raises NotFound otherwise."""
    found = db.session.get(RealShopFile, picture_id) if picture_id < 2**31 else None
    if found is None:
        raise NotFound
    shop = db.session.get_one(RealShop, found.real_shop_id)
    own = actor.may(Permission.GRADING_OUTCOME_SUBMIT) and shop.account_id == actor.account_id
    screener = actor.may(Permission.GRADING_BATCH_MANAGE) and covers(actor.scope_id, shop.scope_id)
    if not (own or screener):
        raise NotFound
    return files.read(db.session.get_one(files.StoredFile, found.file_id))


def list_shops(actor: Actor, limit: int = 100) -> list[ShopRow]:
    """Return the real shops of the classes below the screener's scope, unchecked ones first."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    if actor.scope_id is None:
        return []
    found = db.session.execute(
        sa.select(RealShop, Scope.name)
        .join(Scope, Scope.id == RealShop.scope_id)
        .where(RealShop.scope_id.in_(descendants(actor.scope_id)))
        .order_by(sa.case((RealShop.state == RealShopState.STATED, 0), else_=1), RealShop.stated_at, RealShop.id)
        .limit(limit)
    ).all()
    names = account_names({shop.account_id for shop, _ in found})
    pictures = pictures_of([shop.id for shop, _ in found])
    return [ShopRow(shop, names[shop.account_id], where, pictures.get(shop.id, ())) for shop, where in found]


def waiting_shops(actor: Actor) -> int:
    """Return how many real shops wait for the screener."""
    if actor.scope_id is None:
        return 0
    query = sa.select(sa.func.count(RealShop.id)).where(
        RealShop.state == RealShopState.STATED, RealShop.scope_id.in_(descendants(actor.scope_id))
    )
    return db.session.scalar(query) or 0


def check_shop(actor: Actor, shop_id: int, version: int, real: bool, goods: int, orders: int, answer: str) -> None:
    """Say what the screener found: the shop exists, with so many goods and orders; or it could not be verified.

    Raises Refused when the trainee changed the statement since it was read.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    row = access.get_under(actor, RealShop, shop_id)
    if row.version != version:
        raise Refused("学员刚刚改过店铺信息或截图，请刷新后重新核验。", code="stale_shop")
    if len(answer) < LEAST_ANSWER:
        raise InvalidInput("请写明核验的依据或没有通过的原因，学员会看到。", field=f"answer-{row.id}")
    for value, field, title in ((goods, f"goods-{row.id}", "商品数"), (orders, f"orders-{row.id}", "订单数")):
        if real and not 0 <= value <= MOST_COUNT:
            raise InvalidInput(f"请填写核实到的{title}。", field=field)
    values = {
        "found_goods": goods if real else None,
        "found_orders": orders if real else None,
        "answer": answer[:500],
        "checked_by": actor.person(),
        "checked_at": clock.now(),
    }
    fire(REAL_SHOP_FLOW, row, "verify" if real else "refuse", actor, values=values)
    audit.record(
        actor,
        "real_shop.verified" if real else "real_shop.refused",
        f"real_shop:{row.id}",
        {"goods": values["found_goods"], "orders": values["found_orders"], "answer": answer},
        scope_id=row.scope_id,
    )


def verified_figures(account_id: int, scope_id: int, where: str = "") -> tuple[Figure, ...]:
    """Return the verified facts as figures: all that markers learn of a real shop."""
    shop = shop_of(account_id, scope_id)
    sure = shop is not None and shop.state == RealShopState.VERIFIED
    goods = (shop.found_goods or 0) if shop is not None and sure else 0
    orders = (shop.found_orders or 0) if shop is not None and sure else 0
    return (
        Figure("real_shop_verified", GROUP, "真实店铺已核验", int(sure), "是否", "核验人员确认店铺存在。", None, where),
        Figure("real_shop_goods", GROUP, "真实店铺在售商品", goods, "个", "核验时看到的在售商品数。", None, where),
        Figure("real_shop_orders", GROUP, "真实店铺订单", orders, "单", "核验时看到的订单数，微店也算。", None, where),
    )


def stated(account_id: int, scope_id: int) -> dict[str, Any] | None:
    """Return the statement with the hashes of its screenshots, for the frozen snapshot; None without one."""
    shop = shop_of(account_id, scope_id)
    if shop is None:
        return None
    hashes = db.session.scalars(
        sa.select(files.StoredFile.sha256)
        .join(RealShopFile, RealShopFile.file_id == files.StoredFile.id)
        .where(RealShopFile.real_shop_id == shop.id)
        .order_by(RealShopFile.id)
    )
    return {
        "platform": shop.platform,
        "name": shop.name,
        "address": shop.address,
        "opened_on": shop.opened_on.isoformat(),
        "goods": shop.goods,
        "orders": shop.orders,
        "amount": shop.amount,
        "note": shop.note,
        "pictures": list(hashes),
    }
