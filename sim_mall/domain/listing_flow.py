"""Life of a listing (商品): draft, audit by rules, sale and warehouse. Source: commerce model 3.6."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ListingState(StrEnum):
    """Where a listing stands."""

    DRAFT = "draft"  # 草稿
    AUDITING = "auditing"  # 审核中: the rules answer at once
    REJECTED = "rejected"  # 审核未通过
    WAREHOUSE = "warehouse"  # 仓库中: passed, not on sale
    ON_SALE = "on_sale"  # 出售中
    FORCED_OFF = "forced_off"  # 违规下架: by the instructor
    RECYCLED = "recycled"  # 回收站
    PURGED = "purged"  # 已彻底删除: the row stays for the orders that name it, nobody sees it


LISTING_NAMES: dict[str, str] = {
    ListingState.DRAFT: "草稿",
    ListingState.AUDITING: "审核中",
    ListingState.REJECTED: "审核未通过",
    ListingState.WAREHOUSE: "仓库中",
    ListingState.ON_SALE: "出售中",
    ListingState.FORCED_OFF: "违规下架",
    ListingState.RECYCLED: "回收站",
    ListingState.PURGED: "已删除",
}

_S = ListingState

LISTING_FLOW = Flow(
    "mall.listing",
    ListingState,
    ListingState.DRAFT,
    [
        on(
            "submit",
            {_S.DRAFT, _S.REJECTED, _S.WAREHOUSE, _S.ON_SALE, _S.FORCED_OFF},
            _S.AUDITING,
            Role.TRAINEE,
            "回收站里的商品请先恢复再编辑。",
        ),
        on("pass_to_sale", _S.AUDITING, _S.ON_SALE, SYSTEM),
        on("pass_to_warehouse", _S.AUDITING, _S.WAREHOUSE, SYSTEM),
        on("reject", _S.AUDITING, _S.REJECTED, SYSTEM),
        on("put_on", _S.WAREHOUSE, _S.ON_SALE, Role.TRAINEE, "只有仓库中的商品可以上架。"),
        on("take_off", _S.ON_SALE, _S.WAREHOUSE, Role.TRAINEE, "只有出售中的商品可以下架。"),
        on("force_off", _S.ON_SALE, _S.FORCED_OFF, {Role.INSTRUCTOR, SYSTEM}, "只有出售中的商品可以违规下架。"),
        on(
            "recycle",
            {_S.DRAFT, _S.REJECTED, _S.WAREHOUSE},
            _S.RECYCLED,
            Role.TRAINEE,
            "请先下架，再移入回收站。",
        ),
        on("restore", _S.RECYCLED, _S.DRAFT, Role.TRAINEE, "这件商品不在回收站里。"),
        on("purge", _S.RECYCLED, _S.PURGED, {Role.TRAINEE, SYSTEM}, "只有回收站里的商品可以彻底删除。"),
    ],
    final=frozenset({_S.PURGED}),
    names=LISTING_NAMES,
)
