"""A violation, a conversation with a picture, a phrase and a keyword of one class."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import files
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.domain.service_flow import MessageKind
from sim_mall.models.service import ServiceMessage
from sim_mall.services import service_chat, service_replies
from sim_mall.services.rules.violations import Case, record_violation
from sim_mall.services.service_chat import Words
from tests.factories.mall import key
from tests.factories.promotions import issue

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x9a\x1e\x1e\x00\x00\x00\x00IEND\xaeB`\x82"
)


def _talk(buyer: Actor, shop_id: int) -> tuple[int, int]:
    with unit_of_work():
        thread_id = service_chat.open_thread(buyer, shop_id)
        stored = files.keep(PIXEL, "chat", actor=buyer)
        picture = Words(kind=MessageKind.IMAGE, body={"file": stored.public_name})
        service_chat.ask(buyer, thread_id, picture, key())
    newest = sa.select(sa.func.max(ServiceMessage.id)).where(
        ServiceMessage.thread_id == thread_id, ServiceMessage.kind == MessageKind.IMAGE
    )
    return thread_id, db.session.scalars(newest).one()


def furnish(
    world: World, owner: Actor, shop_id: int, mate: Actor, mates_shop_id: int
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the ids of the mall's routes (owner buys at the mate's shop) and of the seller's (mate buys at ours)."""
    asked, picture = _talk(owner, mates_shop_id)
    answered, shown = _talk(mate, shop_id)
    template_id = issue(mate).id
    with unit_of_work():
        violation = record_violation(world.id, shop_id, Case("R1", ("shop", shop_id), "测试", {}, key()))
        card_id = service_chat.answer(mate, asked, Words(kind=MessageKind.COUPON, ref=template_id), key()).id
        phrase_id = service_replies.add_phrase(owner, "您好", "常用", own=False)
        keyword_id = service_replies.add_keyword(owner, "发货", "两天内发货")
        violation_id = violation.id
    buying: dict[str, object] = {"thread_id": asked, "message_id": picture, "card_id": card_id}
    selling: dict[str, object] = {
        "thread_id": answered,
        "message_id": shown,
        "violation_id": violation_id,
        "phrase_id": phrase_id,
        "keyword_id": keyword_id,
    }
    return buying, selling
