"""Before marking, in the demo classes: real shops verified and waiting, an outcome handed in late, declarations."""

from __future__ import annotations

import io

from app.core import clock, photos
from app.core.actor import Actor
from app.core.uow import unit_of_work
from app.demo import assessment
from app.demo.market import Market
from app.demo.timeline import DAY
from grading.services import declarations, lateness, real_shops

VERIFIED, WAITING = 3, 7
DECLARED, DECLARING = 21, 9


def _screenshot(rows: int) -> photos.Photo:
    """Return a drawn page of goods: bars and boxes, as a screenshot would look from afar."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (720, 960), "#f5f3f0")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 720, 110), fill="#d9480f")
    for number in range(rows):
        top, left = 150 + number // 2 * 260, 30 + number % 2 * 340
        pen.rounded_rectangle((left, top, left + 320, top + 240), 12, fill="white")
        pen.rectangle((left + 20, top + 20, left + 300, top + 150), fill=("#8fb996", "#e0b07a", "#a7b8d6")[number % 3])
        pen.rectangle((left + 20, top + 170, left + 260, top + 186), fill="#444444")
        pen.rectangle((left + 20, top + 204, left + 110, top + 222), fill="#d9480f")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return photos.make_photo(buffer.getvalue())


def state_real_shops(market: Market, centre: Actor) -> None:
    """Let two trainees state their real shops, and the centre verify the first."""
    opened = clock.local(clock.now()).date() - 45 * DAY
    for number, name, goods, orders in ((VERIFIED, "湘里草木", 9, 6), (WAITING, "小满手作铺", 5, 2)):
        actor = market.traders[number]
        stated = real_shops.Statement(
            "微店", name, f"https://weidian.example.com/shop{number}", opened, goods, orders, orders * 5_900
        )
        with unit_of_work():
            shop = real_shops.state_shop(actor, stated)
            real_shops.add_picture(actor, _screenshot(goods % 4 + 3))
            if number == VERIFIED:
                why = "网址可以打开，商品和订单与截图一致。"
                real_shops.check_shop(centre, shop.id, shop.version, True, goods, orders, why)


def hand_in_late(market: Market, number: int, teacher: Actor) -> None:
    """Let a trainee ask for a later day, the instructor allow it, and the outcome come in."""
    with unit_of_work():
        asked = lateness.ask_late(
            market.traders[number], "上周家里有事请了假，自述还差最后一项，请宽限两天。", market.key()
        )
        until = lateness.today() + 2 * DAY
        lateness.decide_late(teacher, asked, True, until, "情况属实，请在两天内提交。")
    assessment.hand_in(market, number)


def declare_relations(market: Market, assessor: Actor) -> None:
    """Let an assessor declare a trainee whom the platform knows, and a trainee an assessor whom it does not."""
    known, asking = market.traders[DECLARED], market.traders[DECLARING]
    by_assessor = declarations.Typed(known.name, "", "DEMO01", "mentor", "以前在我店里做过学徒。")
    by_learner = declarations.Typed("周老师", "", "湘江电商服务中心", "relative", "是我姑父，听说也参加评审。")
    with unit_of_work():
        declarations.declare_own(assessor, by_assessor, market.key())
        declarations.declare_own(asking, by_learner, market.key())
