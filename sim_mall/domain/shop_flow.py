"""Shop registration and life of a shop (店铺). Source: commerce model 3.7."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ShopState(StrEnum):
    """Where a shop stands."""

    DRAFT = "draft"  # 资料填写中: kept step by step, seen by its owner alone
    SUBMITTED = "submitted"  # 审核中: waits for the rules or the instructor
    REJECTED = "rejected"  # 未通过: field and reason are named, may be sent again
    DEPOSIT_DUE = "deposit_due"  # 待缴保证金: passed, not yet open
    OPEN = "open"  # 营业中
    SUSPENDED = "suspended"  # 歇业: closed for a while by its owner
    RESTRICTED = "restricted"  # 受限: out of search and without new listings until a moment
    CLOSED = "closed"  # 已注销


class Subject(StrEnum):
    """Who runs the shop in the eyes of the law (主体类型)."""

    PERSON = "person"  # 个人
    SOLE = "sole"  # 个体工商户
    COMPANY = "company"  # 企业


SUBJECT_NAMES = {Subject.PERSON: "个人", Subject.SOLE: "个体工商户", Subject.COMPANY: "企业"}

SHOP_NAMES: dict[str, str] = {
    ShopState.DRAFT: "资料填写中",
    ShopState.SUBMITTED: "审核中",
    ShopState.REJECTED: "未通过",
    ShopState.DEPOSIT_DUE: "待缴保证金",
    ShopState.OPEN: "营业中",
    ShopState.SUSPENDED: "歇业中",
    ShopState.RESTRICTED: "受限经营",
    ShopState.CLOSED: "已注销",
}

SHOP_FLOW = Flow(
    "mall.shop",
    ShopState,
    ShopState.DRAFT,
    [
        on("submit", ShopState.DRAFT, ShopState.SUBMITTED, Role.TRAINEE, "这份开店申请已经提交过了。"),
        on("approve", ShopState.SUBMITTED, ShopState.DEPOSIT_DUE, {SYSTEM, Role.INSTRUCTOR}, "这家店铺不在审核中。"),
        on("reject", ShopState.SUBMITTED, ShopState.REJECTED, {SYSTEM, Role.INSTRUCTOR}, "这家店铺不在审核中。"),
        on("resubmit", ShopState.REJECTED, ShopState.SUBMITTED, Role.TRAINEE, "只有未通过的申请可以重新提交。"),
        on("pay_deposit", ShopState.DEPOSIT_DUE, ShopState.OPEN, Role.TRAINEE, "现在不需要缴纳保证金。"),
        on("suspend", ShopState.OPEN, ShopState.SUSPENDED, Role.TRAINEE, "只有营业中的店铺可以歇业。"),
        on("resume", ShopState.SUSPENDED, ShopState.OPEN, Role.TRAINEE, "只有歇业中的店铺可以恢复营业。"),
        on("restrict", ShopState.OPEN, ShopState.RESTRICTED, {SYSTEM, Role.INSTRUCTOR}, "只有营业中的店铺可以限制。"),
        on("lift", ShopState.RESTRICTED, ShopState.OPEN, {SYSTEM, Role.INSTRUCTOR}, "这家店铺没有受到限制。"),
        on("close", ShopState.SUSPENDED, ShopState.CLOSED, Role.TRAINEE, "请先歇业，再注销店铺。"),
    ],
    final=frozenset({ShopState.CLOSED}),
    names=SHOP_NAMES,
)

RUNNING = (ShopState.OPEN, ShopState.RESTRICTED)  # goods can be bought
VISIBLE = (ShopState.OPEN, ShopState.RESTRICTED, ShopState.SUSPENDED)  # the shop has opened and still stands
