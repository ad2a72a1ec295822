"""Checking texts and goods against the rules (机审): the same answer for the form's warning and for the inspection."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import InvalidInput, Issue
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall.data import ListingDraft
from sim_mall.domain.category_book import licence_of
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.papers import LICENCES
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.checks import FIELD_NAMES, Finding, GoodsFacts, Other, check_goods, check_text, plain_text
from sim_mall.domain.rules.matching import Level, Place
from sim_mall.models.goods import GoodsPicture, Listing
from sim_mall.models.rules import ListingWatch
from sim_mall.models.shops import Qualification, Shop
from sim_mall.services import shop_papers
from sim_mall.services.rules import words

RISKY = "rule_risk"  # code of the soft block: the form may send it again with "submit anyway"


class Strictness(IntEnum):
    """How hard the rules of a world bite."""

    REMIND = 0  # 只提醒: violations are recorded without points
    STANDARD = 1  # 标准
    STRICT = 2  # 严格: words to be careful with are penalised too


def strictness(world_id: int) -> Strictness:
    """Return the world's strictness."""
    return Strictness(setting(get_world(world_id), "rule_strictness"))


def counts(finding: Finding, how: Strictness) -> bool:
    """Say whether a finding stops a form and is penalised later."""
    return finding.level is Level.BAN or how is Strictness.STRICT


def check_words(world_id: int, text: str, place: Place, where: str = "text") -> list[Finding]:
    """Return what a text breaks in this world."""
    return check_text(words.matcher_of(world_id), text, place, where)


def check_draft(world_id: int, facts: GoodsFacts) -> list[Finding]:
    """Return what goods in a form break."""
    return check_goods(words.matcher_of(world_id), facts)


def stop_risky(world_id: int, findings: Sequence[Finding], *, accepted: bool) -> None:
    """The soft block: raise InvalidInput (code rule_risk) with every finding, unless the person goes on anyway."""
    grave = [finding for finding in findings if counts(finding, strictness(world_id))]
    if not grave or accepted:
        return
    issues = [Issue(f"{finding.message}。{finding.advice}", finding.field) for finding in grave]
    fields = "、".join(dict.fromkeys(FIELD_NAMES.get(finding.field, "内容") for finding in grave))
    raise InvalidInput(
        f"{fields}有 {len(grave)} 处可能违规，请按提示修改；也可以选择“仍要提交（模拟）”，巡检发现后会有模拟处罚。",
        code=RISKY,
        field=grave[0].field,
        issues=issues,
    )


def _looks(names: Sequence[str]) -> dict[str, str]:
    """Return how pictures look, by their names."""
    if not names:
        return {}
    query = sa.select(GoodsPicture.name, GoodsPicture.look).where(GoodsPicture.name.in_(set(names)))
    return {row[0]: row[1] for row in db.session.execute(query)}


def _others(shop_id: int, cover: Sequence[str], before: int | None) -> tuple[list[Other], str]:
    """Return the shop's goods on sale, older than listing ``before`` when there is one, and how the cover looks."""
    query = sa.select(Listing.id, Listing.title, Listing.brief, Listing.pictures).where(
        Listing.shop_id == shop_id, Listing.state == ListingState.ON_SALE
    )
    rows = db.session.execute(query if before is None else query.where(Listing.id < before)).all()
    looks = _looks([*cover[:1], *(row.pictures[0] for row in rows if row.pictures)])
    others = [Other(row.id, row.title, row.brief, looks.get((row.pictures or [""])[0], "")) for row in rows]
    return others, looks.get((list(cover) or [""])[0], "")


def beside(shop_id: int, cover: Sequence[str], listing_id: int | None) -> tuple[list[Other], str]:
    """Return the goods on sale that a form's goods may repeat, and how its cover looks; not the goods it changes."""
    others, look = _others(shop_id, [name for name in cover if name], None)
    return [other for other in others if other.id != listing_id], look


def _has_papers(listing_id: int) -> bool:
    """Say whether a file (授权书, 商标注册证 …) lies with the listing."""
    query = sa.select(Qualification.id).where(
        Qualification.listing_id == listing_id, Qualification.removed.is_(False), Qualification.file != ""
    )
    return db.session.scalar(query.limit(1)) is not None


def facts_of(listing: Listing, was: tuple[str, str, str] | None = None) -> GoodsFacts:
    """Return a listing as the checks look at it."""
    others, look = _others(listing.shop_id, listing.pictures, listing.id)
    attributes = {str(name): plain_text(value) for name, value in (listing.attributes or {}).items()}
    texts = {
        "title": listing.title,
        "brief": listing.brief,
        "detail": plain_text(listing.detail),
        "attributes": " ".join(f"{name} {value}" for name, value in attributes.items()),
        "brand": listing.brand,
    }
    return GoodsFacts(
        texts={name: text for name, text in texts.items() if text},
        category=(listing.category.l1, listing.category.l2),
        skus=[(sku.spec, sku.price) for sku in listing.skus if not sku.removed],
        freight_fee=listing.freight_fee,
        others=others,
        picture=look,
        was=was,
        attributes=attributes,
        authorised=bool(listing.brand) and _has_papers(listing.id),
    )


def licence_finding(listing: Listing) -> Finding | None:
    """Return R15 when the licence that the category asks for was there and has run out."""
    kind = licence_of(listing.category.l1, listing.category.l2)
    if not kind:
        return None
    held = [row for row in shop_papers.licences(listing.shop) if row.kind == kind]
    if not held or kind in shop_papers.valid_licences(listing.shop):
        return None
    name = LICENCES[kind]
    message = f"《{name}》已过期，仍在销售“{listing.category.l1}”类商品"
    return Finding("R15", "title", name, name, Level.BAN, message, RULES["R15"].how_to)


def draft_facts(shop: Shop, draft: ListingDraft, listing_id: int | None = None) -> GoodsFacts:
    """Return goods in a form as the checks look at them. listing_id: of the goods that the form changes."""
    others, look = _others(shop.id, draft.pictures, listing_id)
    texts = {
        "title": draft.title,
        "brief": draft.brief,
        "detail": plain_text(draft.detail),
        "attributes": plain_text(draft.attributes),
        "brand": draft.brand,
    }
    return GoodsFacts(
        texts={name: text for name, text in texts.items() if text},
        category=(draft.category_l1, draft.category_l2),
        skus=[(sku.spec, sku.price) for sku in draft.skus],
        freight_fee=draft.freight_fee,
        others=others,
        picture=look,
        attributes={str(name): plain_text(value) for name, value in draft.attributes.items()},
        authorised=bool(draft.brand) and listing_id is not None and _has_papers(listing_id),
    )


def stop_risky_draft(shop: Shop, draft: ListingDraft, listing_id: int | None = None) -> None:
    """The soft block of the form of goods: see ``stop_risky``; ``draft.accept_risk`` goes on all the same."""
    if not draft.accept_risk:
        found = check_goods(words.matcher_of(shop.world_id), draft_facts(shop, draft, listing_id))
        stop_risky(shop.world_id, found, accepted=False)


def check_listing(listing: Listing) -> list[Finding]:
    """Return what a listing breaks as it stands; compares it with how it looked at the last inspection."""
    watch = db.session.get(ListingWatch, listing.id)
    was = (watch.title, watch.category, watch.brand) if watch is not None and listing.sold else None
    return check_goods(words.matcher_of(listing.world_id), facts_of(listing, was))
