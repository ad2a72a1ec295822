"""Addresses (收货地址) of a person in one world, with the region from the national division codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import divisions
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from sim_mall import access
from sim_mall.data import Receiver
from sim_mall.domain.words import tidy
from sim_mall.models.trade import Address
from sim_mall.services.notices import note

MAX_ADDRESSES = 20
_PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """An address as the form sends it."""

    name: str
    phone: str
    division_code: str
    detail: str
    is_default: bool = False


def addresses(actor: Actor) -> list[Address]:
    """Return the actor's addresses, the default one first."""
    return list(
        db.session.scalars(
            sa.select(Address)
            .where(Address.world_id == actor.world(), Address.account_id == actor.person(), Address.removed.is_(False))
            .order_by(Address.is_default.desc(), Address.id.desc())
        )
    )


def default_address(actor: Actor) -> Address | None:
    """Return the default address, else the newest, else None."""
    return next(iter(addresses(actor)), None)


def receiver_of(address: Address) -> Receiver:
    """Return an address as an order freezes it."""
    return Receiver(address.name, address.phone, address.region, address.detail, address.division_code)


def check_receiver(receiver: Receiver) -> Receiver:
    """Return the receiver tidied. Raises InvalidInput naming the field."""
    name, detail, region = tidy(receiver.name), tidy(receiver.detail), tidy(receiver.region)
    if not 1 <= len(name) <= 40:
        raise InvalidInput("请填写收货人姓名，不超过 40 个字。", field="name")
    if not _PHONE.fullmatch(receiver.phone):
        raise InvalidInput("请填写 11 位手机号。", field="phone")
    if not 2 <= len(detail) <= 120:
        raise InvalidInput("请填写详细地址，2 到 120 个字。", field="detail")
    return Receiver(name, receiver.phone, region[:120], detail, receiver.division_code[:12])


def leaf_region(code: str) -> str:
    """Return the full name of a district's code. Raises InvalidInput for an unknown code or one above a district."""
    if not divisions.exists(code):
        raise InvalidInput("请选择所在地区。", field="division_code")
    if divisions.below(code):
        raise InvalidInput("请选择到区、县一级。", field="division_code")
    return divisions.region_name(code)


def save_address(actor: Actor, draft: AddressDraft, key: str, address_id: int | None = None) -> Address:
    """Write a new address or change one; the first becomes the default."""
    actor.require(Permission.MALL_BUY)
    body = [address_id, draft.name, draft.phone, draft.division_code, draft.detail, draft.is_default]
    saved = once(actor, key, "address.save", body, lambda: _save(actor, draft, address_id))
    return access.get_address(actor, saved)


def _save(actor: Actor, draft: AddressDraft, address_id: int | None) -> int:
    region = leaf_region(draft.division_code)
    receiver = check_receiver(Receiver(draft.name, draft.phone, region, draft.detail))
    known = addresses(actor)
    if address_id is None and len(known) >= MAX_ADDRESSES:
        raise Refused(f"最多保存 {MAX_ADDRESSES} 个地址，请先删除不用的。")
    default = draft.is_default or not known
    if default:
        _clear_default(actor)
    address = access.get_address(actor, address_id) if address_id is not None else None
    if address is None:
        address = Address(world_id=actor.world(), account_id=actor.person())
        db.session.add(address)
    address.name, address.phone, address.detail = receiver.name, receiver.phone, receiver.detail
    address.division_code, address.region = draft.division_code, region
    address.is_default = default or bool(address.is_default)
    db.session.flush()
    note(actor, actor.world(), "address.saved", f"address:{address.id}")
    return address.id


def _clear_default(actor: Actor) -> None:
    db.session.execute(
        sa.update(Address)
        .where(Address.world_id == actor.world(), Address.account_id == actor.person())
        .values(is_default=False)
    )


def make_default(actor: Actor, address_id: int) -> None:
    """Make an address the default one."""
    actor.require(Permission.MALL_BUY)
    address = access.get_address(actor, address_id)
    _clear_default(actor)
    address.is_default = True


def remove_address(actor: Actor, address_id: int) -> None:
    """Take an address off the list; orders keep their copy."""
    actor.require(Permission.MALL_BUY)
    address = access.get_address(actor, address_id)
    address.removed, address.is_default = True, False
    note(actor, actor.world(), "address.removed", f"address:{address.id}")
