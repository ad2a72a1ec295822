"""Papers and licences of a shop (开店资料、类目资质): kept step by step, checked, filled in for practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import InvalidInput, Issue, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.category_book import LICENCE_OF_BUSINESS
from sim_mall.domain.papers import LICENCE_NUMBER, LICENCES, Papers, form_findings, practice_papers
from sim_mall.domain.shop_flow import Subject
from sim_mall.domain.words import tidy
from sim_mall.models.shops import Qualification, Shop, ShopPapers
from sim_mall.services.notices import note

MAX_LICENCES = 20


@dataclass(frozen=True, slots=True)
class LicenceDraft:
    """A licence as the form sends it. until: None for 长期. file: public name of a stored file, or ''."""

    kind: str
    number: str
    until: date | None = None
    file: str = ""


def sim_today(world_id: int) -> date:
    """Return the day that it is in the world."""
    return local(sim_now(world_id)).date()


def papers_row(shop: Shop) -> ShopPapers:
    """Return the row of the shop's papers, made when there is none."""
    row = db.session.get(ShopPapers, shop.id)
    if row is None:
        row = ShopPapers(shop_id=shop.id)
        db.session.add(row)
        db.session.flush()
    return row


def papers_of(shop: Shop) -> Papers:
    """Return the shop's papers as plain data."""
    row = db.session.get(ShopPapers, shop.id)
    return Papers() if row is None else Papers(**{item.name: getattr(row, item.name) for item in fields(Papers)})


def store_papers(shop: Shop, values: Mapping[str, Any], *, step: int = 1) -> None:
    """Write some or all fields of the papers; nothing is checked here."""
    row = papers_row(shop)
    for name, value in values.items():
        setattr(row, name, value)
    row.step = max(row.step, step)


def refuse_papers(subject: Subject, papers: Papers, only: set[str] | None = None) -> None:
    """Raise InvalidInput with every number that is not well formed. only: the fields of one step."""
    found = [(field, text) for field, text in form_findings(subject, papers) if only is None or field in only]
    if found:
        issues = [Issue(text, field) for field, text in found]
        raise InvalidInput(found[0][1], code="papers", field=found[0][0], issues=issues)


def practice(actor: Actor, subject: Subject, shop_name: str) -> Papers:
    """Return practice papers of the actor: numbers of nobody that pass every rule."""
    return practice_papers(subject, actor.name, shop_name, actor.person(), sim_today(actor.world()))


def fill_in(actor: Actor, shop: Shop) -> None:
    """Write practice papers, and the licence that the shop's main category asks for."""
    store_papers(shop, asdict(practice(actor, shop.subject, shop.name)))
    kind = LICENCE_OF_BUSINESS.get(shop.business)
    if kind and kind not in valid_licences(shop):
        _write_licence(shop, practice_licence(shop, kind))


def practice_licence(shop: Shop, kind: str) -> LicenceDraft:
    """Return a licence of nobody that holds for three years."""
    until = sim_today(shop.world_id) + timedelta(days=1095)
    return LicenceDraft(kind, f"{LICENCE_NUMBER[kind]}{shop.id:08d}", until)


# -- licences ----------------------------------------------------------------------------------------


def licences(shop: Shop) -> list[Qualification]:
    """Return the shop's licences, oldest first."""
    query = sa.select(Qualification).where(
        Qualification.shop_id == shop.id, Qualification.listing_id.is_(None), Qualification.removed.is_(False)
    )
    return list(db.session.scalars(query.order_by(Qualification.id)))


def valid_licences(shop: Shop) -> set[str]:
    """Return the kinds of licences that the shop holds today."""
    today = sim_today(shop.world_id)
    return {row.kind for row in licences(shop) if row.valid_until is None or row.valid_until >= today}


def _write_licence(shop: Shop, draft: LicenceDraft) -> Qualification:
    row = Qualification(
        world_id=shop.world_id,
        shop_id=shop.id,
        listing_id=None,
        kind=draft.kind,
        title=LICENCES[draft.kind],
        number=draft.number,
        valid_until=draft.until,
        file=draft.file,
    )
    db.session.add(row)
    db.session.flush()
    return row


def add_licence(actor: Actor, draft: LicenceDraft, key: str) -> int:
    """Add a category licence to the own shop; return its id. Raises InvalidInput naming the field."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    if draft.kind not in LICENCES:
        raise InvalidInput("请选择资质类型。", field="kind")
    number = tidy(draft.number)
    if not 6 <= len(number) <= 40:
        raise InvalidInput("请填写证件编号，6 到 40 个字。", field="number")
    if not number.startswith(LICENCE_NUMBER[draft.kind]):
        raise InvalidInput(
            f"请使用练习号段：编号以“{LICENCE_NUMBER[draft.kind]}”开头，不要填写真实编号。", field="number"
        )
    if draft.until is not None and draft.until < sim_today(shop.world_id):
        raise InvalidInput("这份资质已过有效期，请填写更新后的有效期。", field="until")
    if len(licences(shop)) >= MAX_LICENCES:
        raise Refused(f"最多保存 {MAX_LICENCES} 份资质，请先删除过期的。")

    def carry_out() -> int:
        row = _write_licence(shop, LicenceDraft(draft.kind, number, draft.until, draft.file))
        note(actor, shop.world_id, "shop.licence_added", f"shop:{shop.id}", {"kind": draft.kind, "number": number})
        return row.id

    answer: int = once(actor, key, "shop.licence", [draft.kind, number, str(draft.until), draft.file], carry_out)
    return answer


def add_practice_licence(actor: Actor, kind: str) -> None:
    """Add a licence of nobody, valid for three years, to the own shop; nothing to do when it holds one."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    if kind not in LICENCES:
        raise InvalidInput("请选择资质类型。", field="kind")
    if kind not in valid_licences(shop):
        row = _write_licence(shop, practice_licence(shop, kind))
        note(actor, shop.world_id, "shop.licence_added", f"shop:{shop.id}", {"kind": kind, "number": row.number})


def remove_licence(actor: Actor, licence_id: int) -> None:
    """Take a licence off the own shop."""
    actor.require(Permission.MALL_SELL)
    row = access.get_own_licence(actor, licence_id)
    row.removed = True
    note(actor, row.world_id, "shop.licence_removed", f"shop:{row.shop_id}", {"kind": row.kind, "number": row.number})
