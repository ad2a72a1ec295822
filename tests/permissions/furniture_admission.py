"""Furniture of what is decided before marking: a late request, a real shop with a screenshot."""

from __future__ import annotations

from app.core import clock, files
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from grading.domain.admission_flows import LateState, RealShopState
from grading.models.admission import LateRequest, RealShop, RealShopFile


def furnish(owner: Actor, scope_id: int) -> dict[str, dict[str, object]]:
    """Make the rows; return the ids by endpoint."""
    now = clock.now()
    with unit_of_work():
        late = LateRequest(
            account_id=owner.person(), scope_id=scope_id, state=LateState.ASKED, reason="住院两周。", asked_at=now
        )
        shop = RealShop(
            account_id=owner.person(),
            scope_id=scope_id,
            state=RealShopState.STATED,
            platform="微店",
            name="真实小店",
            address="https://shop.example.com",
            opened_on=now.date(),
            goods=3,
            orders=1,
            amount=990,
            stated_at=now,
        )
        db.session.add_all([late, shop])
        db.session.flush()
        stored = files.keep(b"\xff\xd8\xff\xe0 test", "real-shop.jpg", actor=owner)
        picture = RealShopFile(real_shop_id=shop.id, file_id=stored.id, added_at=now)
        db.session.add(picture)
        db.session.flush()
        return {
            "grading.decide_late": {"request_id": late.id},
            "grading.check_real_shop": {"shop_id": shop.id},
            "grading.real_shop_picture": {"picture_id": picture.id},
            "grading.drop_real_shop_picture": {"picture_id": picture.id},
        }
