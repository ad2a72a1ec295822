"""Earlier catalogue imports of a world."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from sim_supply.models.catalogue import CatalogueImport, ImportKind, ImportStatus

STATUS_NAMES = {
    ImportStatus.CHECKING: "检查中",
    ImportStatus.CHECKED: "待确认",
    ImportStatus.RUNNING: "导入中",
    ImportStatus.DONE: "已导入",
}


def latest(actor: Actor, kind: ImportKind, limit: int = 20) -> list[CatalogueImport]:
    """Return the newest imports of one kind in the actor's world."""
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    return list(
        db.session.scalars(
            sa.select(CatalogueImport)
            .where(CatalogueImport.world_id == actor.world(), CatalogueImport.kind == kind)
            .order_by(CatalogueImport.id.desc())
            .limit(limit)
        )
    )
