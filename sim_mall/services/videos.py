"""Videos of a shop (视频): of a listing or of the shop's page; checked by content, kept under a random name."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import files
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from sim_mall import access
from sim_mall.domain.mp4 import is_mp4
from sim_mall.domain.shop_roles import ShopPower

MAX_VIDEO = 20 * 1024 * 1024
VIDEO = "video/mp4"


def keep_video(actor: Actor, data: bytes, power: ShopPower, field: str = "file") -> str:
    """Keep an uploaded MP4 of the own shop; return its public name. Raises InvalidInput for anything else."""
    shop = access.shop_of(actor, power)
    if len(data) > MAX_VIDEO:
        raise InvalidInput("视频超过 20 MB，请剪短或压缩后再上传。", field=field)
    if not is_mp4(data):
        raise InvalidInput("文件内容不是完整的 MP4 视频，请转换格式（或重新导出）后再上传。", field=field)
    return files.keep(data, "video.mp4", actor=actor, content_type=VIDEO, world_id=shop.world_id).public_name


def is_kept(world_id: int, name: str) -> bool:
    """Say whether this is the public name of a video that is kept in the world."""
    query = sa.select(files.StoredFile.id).where(
        files.StoredFile.public_name == name,
        files.StoredFile.world_id == world_id,
        files.StoredFile.content_type == VIDEO,
    )
    return db.session.scalar(query) is not None
