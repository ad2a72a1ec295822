"""Decoration of a shop (店铺装修): change the draft block by block, publish, go back to an earlier version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from app.core import files
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.photos import JPEG, Photo
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain import decor
from sim_mall.domain.audit_rules import hostile
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.decor import ShopPage, ShopPageVersion
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note

STALE = "店铺页面刚刚被修改过，请刷新后再继续。"


def page_of(shop: Shop) -> ShopPage | None:
    """Return the page that is being worked on, None before the first change."""
    return db.session.get(ShopPage, shop.id)


def published_page(shop_id: int) -> dict[str, Any] | None:
    """Return the published page, None for the plain one; one query."""
    return db.session.scalar(
        sa.select(ShopPageVersion.page)
        .join(ShopPage, ShopPage.shop_id == ShopPageVersion.shop_id)
        .where(ShopPage.shop_id == shop_id, ShopPageVersion.number == ShopPage.published)
    )


def versions_of(shop: Shop, limit: int = 20) -> list[ShopPageVersion]:
    """Return the published versions, newest first."""
    query = sa.select(ShopPageVersion).where(ShopPageVersion.shop_id == shop.id)
    return list(db.session.scalars(query.order_by(ShopPageVersion.number.desc()).limit(limit)))


def _shop(actor: Actor) -> Shop:
    return access.shop_of(actor, ShopPower.DECORATE)


def _locked(shop: Shop) -> ShopPage:
    query = sa.select(ShopPage).where(ShopPage.shop_id == shop.id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        found = ShopPage(
            shop_id=shop.id, draft=decor.empty_page(), version=1, published=0, changed_at=sim_now(shop.world_id)
        )
        db.session.add(found)
        db.session.flush()
    return found


def _change(actor: Actor, version: int, change: Callable[[dict[str, Any]], dict[str, Any]]) -> ShopPage:
    """Change the draft that was looked at. Raises Conflict when somebody else changed it meanwhile."""
    shop = _shop(actor)
    found = _locked(shop)
    if found.version != version:
        raise Conflict(STALE, code="stale")
    draft = change(found.draft)
    _check_words(draft)
    _check_goods(shop, draft)
    _check_files(shop, draft)
    changed = db.session.execute(
        sa.update(ShopPage)
        .where(ShopPage.shop_id == shop.id, ShopPage.version == version)
        .values(draft=draft, version=version + 1, changed_at=sim_now(shop.world_id))
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict(STALE, code="stale")
    db.session.refresh(found)
    return found


def _check_words(page: dict[str, Any]) -> None:
    for block in page["blocks"]:
        words = [block.get(name, "") for name in ("title", "text", "alt", "caption")]
        for text in [*words, *(slide["title"] for slide in block.get("slides", []))]:
            if reason := hostile(text):
                raise InvalidInput(f"“{decor.BLOCK_NAMES[block['kind']]}”的文字{reason}", field="text")


def _check_goods(shop: Shop, page: dict[str, Any]) -> None:
    wanted = decor.goods_of(page)
    known = set(db.session.scalars(sa.select(Listing.id).where(Listing.shop_id == shop.id, Listing.id.in_(wanted))))
    if wanted - known:
        raise InvalidInput("只能选择自己店铺的商品。", field="target")


def _check_files(shop: Shop, page: dict[str, Any]) -> None:
    wanted = decor.files_of(page)
    query = sa.select(files.StoredFile.public_name).where(
        files.StoredFile.public_name.in_(wanted), files.StoredFile.world_id == shop.world_id
    )
    if wanted - set(db.session.scalars(query)):
        raise InvalidInput("图片已不在存储中，请重新上传。", field="picture")


def start_page(actor: Actor) -> ShopPage:
    """Return the page to work on, made on the first time."""
    return _locked(_shop(actor))


def add_block(actor: Actor, kind: str, version: int) -> int:
    """Add a block at the end of the draft; return its id."""
    found = _change(actor, version, lambda page: decor.add(page, kind))
    return int(found.draft["blocks"][-1]["id"])


def get_block(actor: Actor, block_id: int) -> tuple[ShopPage, dict[str, Any]]:
    """Return the draft and a block of it. Raises NotFound."""
    found = page_of(_shop(actor))
    block = next((one for one in found.draft["blocks"] if one["id"] == block_id), None) if found else None
    if found is None or block is None:
        raise NotFound
    return found, block


def change_block(actor: Actor, block: dict[str, Any], version: int) -> ShopPage:
    """Replace a block's contents. Raises NotFound, Conflict, InvalidInput naming the field."""
    _, before = get_block(actor, block["id"])
    return _change(actor, version, lambda page: decor.replace(page, {**block, "kind": before["kind"]}))


def remove_block(actor: Actor, block_id: int, version: int) -> ShopPage:
    """Take a block out of the draft."""
    get_block(actor, block_id)
    return _change(actor, version, lambda page: decor.remove(page, block_id))


def move_block(actor: Actor, block_id: int, step: int, version: int) -> ShopPage:
    """Move a block up (-1) or down (1)."""
    get_block(actor, block_id)
    return _change(actor, version, lambda page: decor.move(page, block_id, step))


def arrange_blocks(actor: Actor, order: Sequence[int], version: int) -> ShopPage:
    """Put the blocks into this order."""
    return _change(actor, version, lambda page: decor.arrange(page, order))


def publish_page(actor: Actor, version: int, key: str) -> int:
    """Let everybody see the draft; return the number of the new version."""
    shop = _shop(actor)
    return int(once(actor, key, "shop.page_publish", [shop.id, version], lambda: _publish(actor, shop, version)))


def _publish(actor: Actor, shop: Shop, version: int) -> int:
    found = _locked(shop)
    if found.version != version:
        raise Conflict(STALE, code="stale")
    if not found.draft["blocks"]:
        raise Refused("页面还没有模块，请先添加模块再发布。", code="empty_page")
    return _new_version(actor, shop, found, decor.check_page(found.draft), 0)


def _new_version(actor: Actor, shop: Shop, found: ShopPage, page: dict[str, Any], source: int) -> int:
    last = db.session.scalar(sa.select(sa.func.max(ShopPageVersion.number)).where(ShopPageVersion.shop_id == shop.id))
    number = (last or 0) + 1
    now = sim_now(shop.world_id)
    db.session.add(
        ShopPageVersion(
            shop_id=shop.id, number=number, page=page, account_id=actor.person(), source=source, published_at=now
        )
    )
    found.published, found.changed_at = number, now
    db.session.flush()
    facts = {"number": number, "source": source, "blocks": len(page["blocks"])}
    note(actor, shop.world_id, "shop.page_published", f"shop:{shop.id}", facts)
    return number


def roll_back(actor: Actor, number: int, key: str) -> int:
    """Publish an earlier version again, as a new one, and work on from it; return the new number."""
    shop = _shop(actor)

    def carry_out() -> int:
        old = db.session.scalars(
            sa.select(ShopPageVersion).where(ShopPageVersion.shop_id == shop.id, ShopPageVersion.number == number)
        ).one_or_none()
        if old is None:
            raise NotFound
        found = _locked(shop)
        page = decor.check_page(old.page)
        found.draft, found.version = page, found.version + 1
        return _new_version(actor, shop, found, page, number)

    return int(once(actor, key, "shop.page_roll_back", [shop.id, number], carry_out))


def discard_draft(actor: Actor, version: int) -> ShopPage:
    """Throw the changes since the last publication away."""
    shop = _shop(actor)
    return _change(actor, version, lambda _: published_page(shop.id) or decor.empty_page())


def show_plain_page(actor: Actor) -> None:
    """Let people see the plain page again; draft and versions stay."""
    shop = _shop(actor)
    found = _locked(shop)
    found.published = 0
    note(actor, shop.world_id, "shop.page_plain", f"shop:{shop.id}")


def keep_picture(actor: Actor, photo: Photo) -> str:
    """Keep an uploaded picture of the page; return its public name."""
    shop = _shop(actor)
    stored = files.keep(photo.large, "page.jpg", actor=actor, content_type=JPEG, world_id=shop.world_id)
    return stored.public_name
