"""Goods of the demo that show what the form can do: a freight template, pictures, a matrix, a detail, a draft."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from app.core.photos import make_photo
from app.demo.market import Market
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain.freight import FreightRow, FreightTemplate, FreightUnit
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import Subject
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.services import freight, listing_files, listings, pictures, shelves, shop_papers, shops, videos

COLOURS = (("米白", "#efe6d8", "#c9b48f"), ("雾蓝", "#cfdde6", "#7d9bb0"), ("豆沙", "#ecd5d3", "#b9807c"))
SIZES = (("45 厘米", 3990, 30), ("55 厘米", 4990, 18))
FAR = ("54", "65")
FILM = Path(__file__).parent / "cushions.mp4"
DETAIL = (
    "<h3>为什么选它</h3><p>棉麻混纺，亲肤透气，洗过也不容易起球；隐形拉链，拆洗方便。客厅沙发、飘窗、宿舍床头都合适。</p>"
    '<p><img src="{one}" alt="米白色抱枕套正面"></p><h3>尺寸怎么选</h3><ul><li>45 厘米：双人沙发、宿舍床头</li>'
    "<li>55 厘米：三人沙发、飘窗靠垫</li></ul>"
    '<p><img src="{two}" alt="雾蓝色抱枕套正面"></p><h3>怎么清洗</h3>'
    "<p>30℃ 以下手洗或放进洗衣袋机洗，不要漂白，阴凉处晾干。</p>"
)


def _picture(ground: str, deep: str, shape: int) -> bytes:
    """Return a drawn cushion as PNG."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (800, 800), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 640, 710, 730), fill="#d8d2c8")
    draw.rounded_rectangle((140, 150, 660, 670), radius=110, fill=deep)
    for step in range(5):
        left = 190 + step * 90
        if shape == 0:
            draw.line((left, 190, left, 630), fill=ground, width=14)
        elif shape == 1:
            draw.line((180, left, 620, left), fill=ground, width=14)
        else:
            draw.ellipse((left - 30, 380, left + 30, 440), fill=ground)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _paper() -> bytes:
    """Return a sheet with lines and a seal as PNG: the practice authorisation for the brand."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (600, 840), "#fdfcf8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 580, 820), outline="#b98b3d", width=6)
    draw.rectangle((180, 90, 420, 130), fill="#33302a")
    for line in range(9):
        draw.rectangle((80, 200 + line * 50, 520 - (line % 3) * 60, 212 + line * 50), fill="#c9c4b8")
    draw.ellipse((380, 650, 520, 790), outline="#c0392b", width=8)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def furnish_goods(market: Market) -> None:
    """Let the first shop publish goods with everything, keep a copy as a draft, and throw one listing away."""
    actor, shop_id = market.traders[1], market.shops[1]
    rules = FreightTemplate(
        FreightUnit.PIECE,
        FreightRow(1, 600, 1, 200, free_amount=9900),
        (FreightRow(1, 1500, 1, 800, regions=FAR),),
    )
    template = freight.create_template(actor, "全国快递，满 99 包邮", rules, market.key())
    names = [
        pictures.add_picture(actor, make_photo(_picture(ground, deep, shape)), market.key())
        for shape, (_, ground, deep) in enumerate(COLOURS)
    ]
    skus = tuple(
        SkuDraft(f"BZ-{number}{size[:2]}", f"颜色:{colour};尺寸:{size}", price, 2 if number == 2 else stock,
                 weight_g=260, picture=names[number], volume_cm3=4_000, safety=1)
        for number, (colour, _, _) in enumerate(COLOURS)
        for size, price, stock in SIZES
    )  # fmt: skip
    draft = ListingDraft(
        title="棉麻抱枕套 简约纯色 客厅沙发靠垫套",
        brief="隐形拉链，可机洗，三色两种尺寸",
        category_l1="居家",
        category_l2="布艺",
        unit="件",
        skus=skus,
        attributes={"材质": "55% 棉 45% 麻", "产地": "浙江绍兴", "执行标准": "GB 18401-2010 B 类"},
        freight_template_id=template,
        promise_hours=48,
        brand="晓岚",
        pictures=tuple(names),
        video=videos.keep_video(actor, FILM.read_bytes(), ShopPower.GOODS),
        detail=DETAIL.format(one=f"/mall/pictures/{names[0]}.jpg", two=f"/mall/pictures/{names[1]}.jpg"),
        key=market.key(),
    )
    listing = listings.create_listing(actor, shop_id, draft, strict=True)
    market.own.add(listing.id)
    listing_files.add_file(actor, listing.id, "品牌授权书（练习）", _paper(), "authorisation.png", market.key())
    shelves.copy_listing(actor, listing.id, market.key())
    old = listings.create_listing(
        actor,
        shop_id,
        ListingDraft(
            "去年的圣诞桌旗", "只剩样品", "居家", "布艺", "件", (SkuDraft("", "", 2900, 1),), key=market.key()
        ),
        ListingState.WAREHOUSE,
    )
    shelves.move_listings(actor, [old.id], "recycle")


def start_an_application(market: Market, number: int) -> None:
    """Let a trainee fill in half of an application: an enterprise that wants to sell food."""
    actor = market.traders[number]
    shops.save_subject(actor, Subject.COMPANY)
    papers = shop_papers.practice(actor, Subject.COMPANY, "一味粮仓")
    names = ("holder", "id_number", "id_until", "company", "licence_number", "licence_until")
    shops.save_papers(actor, {name: getattr(papers, name) for name in names}, 2)
