"""The page editor (店铺装修): blocks in an order, a form per block, preview, publish, versions; shop categories."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.scopes import account_names
from app.core.errors import DomainError, InvalidInput, NotFound
from app.core.permissions import Permission
from app.core.photos import read_photo
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.core.web.forms import form_key, new_key
from app.worlds.clock import sim_now
from sim_mall.domain.decor import ALIGNS, BLOCK_NAMES, GOODS_MODES, MAX_GOODS, MAX_SLIDES, MAX_ZONES, BlockKind
from sim_mall.domain.decor import empty_page as no_blocks
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.decor import read_block, whole
from sim_mall.models.shops import Shop
from sim_mall.services import decor, listing_reading, ratings
from sim_mall.services.videos import keep_video
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.page_blocks import LIVE_CARD, shown_blocks
from sim_mall.views.shown import done, goods_picture, hundredths
from sim_mall.views.video_upload import read_video

ICONS = {
    BlockKind.BANNER: "photo",
    BlockKind.COUPONS: "ticket",
    BlockKind.GOODS: "layout-grid",
    BlockKind.HOTZONE: "target",
    BlockKind.TEXT: "notes",
    BlockKind.MEDIA: "video",
    BlockKind.LIVE: "broadcast",
}


def _offered() -> list[tuple[str, str]]:
    """Return the kinds that can be added here and now."""
    hidden = set() if LIVE_CARD in current_app.extensions else {BlockKind.LIVE}
    return [(kind.value, name) for kind, name in BLOCK_NAMES.items() if kind not in hidden]


def _words(block: dict[str, Any]) -> str:
    """Return what a block holds in a few words, for the list."""
    kind = block["kind"]
    if kind == BlockKind.BANNER:
        return f"{len(block['slides'])} 张海报" if block["slides"] else "还没有海报"
    if kind == BlockKind.GOODS:
        count = len(block["ids"]) if block["mode"] == "manual" else block["count"]
        return f"{block['title'] or '无标题'} · {GOODS_MODES[block['mode']]} · {count} 件"
    if kind == BlockKind.HOTZONE:
        return f"{len(block['zones'])} 个热区" if block["picture"] else "还没有图片"
    if kind == BlockKind.TEXT:
        return str(block["title"] or block["text"])[:30] or "空白"
    if kind == BlockKind.MEDIA:
        return {"picture": "图片", "video": "视频"}[block["media"]] if block["file"] else "还没有文件"
    if kind == BlockKind.COUPONS:
        return f"{block['title'] or '无标题'} · 最多 {block['count']} 张"
    return str(block["title"])


@seller.get("/decor/", endpoint="decor")
@requires(Permission.MALL_SELL)
def decor_editor() -> Answer:
    """店铺装修: the draft with its blocks, preview, publish, versions."""
    shop = shop_or_register(ShopPower.DECORATE)
    if not isinstance(shop, Shop):
        return shop
    page = decor.page_of(shop)
    versions = decor.versions_of(shop)
    names = account_names({one.account_id for one in versions})
    now = sim_now(shop.world_id)
    draft = page.draft if page else no_blocks()
    live = next((one for one in versions if page and one.number == page.published), None)
    return render_template(
        "mall/seller/decor.html",
        shop_name=shop.name,
        shop=shop,
        version=page.version if page else 0,
        blocks=[
            {"id": one["id"], "name": BLOCK_NAMES[one["kind"]], "icon": ICONS[one["kind"]], "words": _words(one)}
            for one in draft["blocks"]
        ],
        kinds=_offered(),
        changed=bool(page and (live is None or live.page != page.draft) and draft["blocks"]),
        published=page.published if page else 0,
        versions=[
            {
                "number": one.number,
                "at": when(one.published_at, now),
                "name": names.get(one.account_id, ""),
                "blocks": len(one.page["blocks"]),
                "source": one.source,
                "live": bool(page and one.number == page.published),
            }
            for one in versions
        ],
        key=new_key(),
    )


@seller.get("/decor/preview")
@requires(Permission.MALL_SELL)
def decor_preview() -> Answer:
    """The draft, or a version of it, as buyers would see it."""
    shop = shop_or_register(ShopPower.DECORATE)
    if not isinstance(shop, Shop):
        return shop
    page = decor.page_of(shop)
    number = request.args.get("version", "")
    shown: Any = page.draft if page else None
    if number:
        shown = next((one.page for one in decor.versions_of(shop) if str(one.number) == number), None)
        if shown is None:
            raise NotFound
    return render_template(
        "mall/seller/decor_preview.html",
        shop=shop,
        scores=ratings.dsr(shop.world_id, shop.id),
        hundredths=hundredths,
        blocks=shown_blocks(shop, shown),
    )


def _version() -> int:
    return whole(request.form, "version", "版本")


def _editor() -> Response:
    return redirect(url_for("seller.decor"))


@seller.post("/decor/blocks")
@requires(Permission.MALL_SELL)
def add_block() -> Answer:
    """添加模块 and open its form."""
    with unit_of_work():
        page = decor.start_page(actor())
        version = _version() or page.version
        block_id = decor.add_block(actor(), request.form.get("kind", ""), version)
    return redirect(url_for("seller.edit_block", block_id=block_id))


def _block_page(shop: Shop, block: dict[str, Any], version: int, error: DomainError | None = None) -> str:
    listings = listing_reading.own_listings(actor(), shop.id)
    slides = [*block.get("slides", []), *({} for _ in range(MAX_SLIDES))][:MAX_SLIDES]
    zones = [*block.get("zones", []), *({} for _ in range(MAX_ZONES))][:MAX_ZONES]
    return render_template(
        "mall/seller/decor_block.html",
        shop_name=shop.name,
        block=block,
        name=BLOCK_NAMES[block["kind"]],
        version=version,
        error=error,
        goods=[(one.id, one.title, goods_picture(one)) for one in listings],
        modes=list(GOODS_MODES.items()),
        aligns=list(ALIGNS.items()),
        most=MAX_GOODS,
        slides=slides,
        zones=zones,
        key=new_key(),
    )


@seller.get("/decor/blocks/<int:block_id>")
@requires(Permission.MALL_SELL)
def edit_block(block_id: int) -> Answer:
    """The form of one block."""
    shop = shop_or_register(ShopPower.DECORATE)
    if not isinstance(shop, Shop):
        return shop
    page, block = decor.get_block(actor(), block_id)
    return _block_page(shop, block, page.version)


def _uploads() -> dict[str, str]:
    """Keep the files of this form; return form field → public name, and under "media" what kind a file is."""
    found: dict[str, str] = {}
    for field, storage in request.files.items():
        if not storage or not storage.filename:
            continue
        if field == "file" and storage.filename.lower().endswith((".mp4", ".m4v")):
            found |= {field: keep_video(actor(), read_video(storage), ShopPower.DECORATE), "media": "video"}
        else:
            found[field] = decor.keep_picture(actor(), read_photo(storage, max_side=1600, field=field))
    return found


@seller.post("/decor/blocks/<int:block_id>")
@requires(Permission.MALL_SELL)
def save_block(block_id: int) -> Answer:
    """保存模块."""
    shop = shop_or_register(ShopPower.DECORATE)
    if not isinstance(shop, Shop):
        return shop
    _, before = decor.get_block(actor(), block_id)
    block = dict(before)
    try:
        with unit_of_work():
            block = read_block(request.form, before, _uploads())
            decor.change_block(actor(), block, _version())
    except InvalidInput as error:
        return _block_page(shop, {**before, **block}, _version(), error), error.status
    done("模块已保存到草稿，发布后买家才能看到。")
    return _editor()


@seller.post("/decor/blocks/<int:block_id>/<any(up, down, remove):action>")
@requires(Permission.MALL_SELL)
def move_block(block_id: int, action: str) -> Answer:
    """上移, 下移, 删除 a block."""
    with unit_of_work():
        if action == "remove":
            decor.remove_block(actor(), block_id, _version())
        else:
            decor.move_block(actor(), block_id, -1 if action == "up" else 1, _version())
    done({"remove": "模块已删除。", "up": "模块已上移。", "down": "模块已下移。"}[action])
    return _editor()


@seller.post("/decor/order")
@requires(Permission.MALL_SELL)
def arrange_blocks() -> Answer:
    """The order after dragging."""
    order = [whole({"id": text}, "id", "模块") for text in request.form.get("order", "").split(",") if text]
    with unit_of_work():
        decor.arrange_blocks(actor(), order, _version())
    done("顺序已保存到草稿。")
    return _editor()


@seller.post("/decor/publish")
@requires(Permission.MALL_SELL)
def publish_page() -> Answer:
    """发布 the draft."""
    with unit_of_work():
        number = decor.publish_page(actor(), _version(), form_key(request.form))
    done(f"第 {number} 版已发布，买家打开店铺就能看到。")
    return _editor()


@seller.post("/decor/rollback")
@requires(Permission.MALL_SELL)
def roll_back_page() -> Answer:
    """恢复 an earlier version."""
    with unit_of_work():
        number = decor.roll_back(actor(), whole(request.form, "number", "版本"), form_key(request.form))
    done(f"已恢复并发布为第 {number} 版。")
    return _editor()


@seller.post("/decor/<any(discard, plain):action>")
@requires(Permission.MALL_SELL)
def reset_page(action: str) -> Answer:
    """放弃修改, or 恢复默认页面."""
    with unit_of_work():
        if action == "plain":
            decor.show_plain_page(actor())
        else:
            decor.discard_draft(actor(), _version())
    done("买家现在看到的是默认页面。" if action == "plain" else "草稿已恢复成发布的样子。")
    return _editor()
