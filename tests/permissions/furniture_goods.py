"""Furniture of shops and goods for the permission table: a licence, a freight template, an uploaded picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.photos import make_photo
from app.core.uow import unit_of_work
from sim_mall.domain.freight import FreightRow, FreightTemplate, FreightUnit
from sim_mall.models.shops import Qualification
from sim_mall.services import freight, listing_files, pictures, shop_papers
from tests.factories import mall


def square(colour: str = "teal", side: int = 640) -> bytes:
    """Return a PNG of one colour."""
    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


def furnish_goods(owner: Actor, listing_id: int) -> dict[str, dict[str, Any]]:
    """Return what routes of shops and goods need, by endpoint, for the shop of ``owner``."""
    with unit_of_work():
        shop_papers.add_practice_licence(owner, "food")
        rules = FreightTemplate(FreightUnit.PIECE, FreightRow(1, 600, 1, 200))
        template = freight.create_template(owner, "通用", rules, mall.key())
        picture = pictures.add_picture(owner, make_photo(square()), mall.key())
        file_id = listing_files.add_file(owner, listing_id, "质检报告", b"%PDF-1.4 x", "a.pdf", mall.key())
    licence = db.session.scalars(
        sa.select(sa.func.max(Qualification.id)).where(Qualification.listing_id.is_(None))
    ).one()
    return {
        "seller.register_step": {"step": "subject"},
        "seller.remove_licence": {"licence_id": licence},
        "seller.edit_freight": {"template_id": template},
        "seller.remove_freight": {"template_id": template},
        "seller.remove_file": {"file_id": file_id},
        "mall.goods_picture": {"name": picture},
    }
