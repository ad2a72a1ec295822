"""Lives of activities, coupon templates, coupons and groups (活动、优惠券、拼团). Source: commerce model 3.5."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class PromotionKind(StrEnum):
    """What an activity does to prices."""

    LIMITED = "limited"  # 限时折扣
    MEMBER = "member"  # 会员价
    FULL = "full"  # 满减/满折
    MULTI = "multi"  # N件N折
    BUNDLE = "bundle"  # 套餐
    FLASH = "flash"  # 秒杀
    GROUP = "group"  # 拼团
    FREIGHT = "freight"  # 运费优惠


KIND_NAMES: dict[PromotionKind, str] = {
    PromotionKind.LIMITED: "限时折扣",
    PromotionKind.MEMBER: "会员价",
    PromotionKind.FULL: "满减满折",
    PromotionKind.MULTI: "N件N折",
    PromotionKind.BUNDLE: "优惠套餐",
    PromotionKind.FLASH: "秒杀",
    PromotionKind.GROUP: "拼团",
    PromotionKind.FREIGHT: "运费优惠",
}

KIND_WORDS: dict[PromotionKind, str] = {
    PromotionKind.LIMITED: "选定的商品在一段时间内打折或降到指定价格。",
    PromotionKind.MEMBER: "收藏了店铺的买家就是会员，选定的商品按会员价卖给他们。",
    PromotionKind.FULL: "一次买满一定金额，减钱或打折，可以设多档。",
    PromotionKind.MULTI: "选定的商品合计买够几件，每件打折。",
    PromotionKind.BUNDLE: "几种商品搭配成一套，按套餐价卖。",
    PromotionKind.FLASH: "拿出一部分库存限时限量低价卖，库存单独锁定，卖完为止。",
    PromotionKind.GROUP: "几个买家一起买享低价，到时间没凑够人就全额退款。",
    PromotionKind.FREIGHT: "买满一定金额包邮或减运费。",
}


class PromotionState(StrEnum):
    """Where an activity stands."""

    DRAFT = "draft"  # 草稿
    SCHEDULED = "scheduled"  # 未开始
    RUNNING = "running"  # 进行中
    ENDED = "ended"  # 已结束


PROMOTION_NAMES: dict[str, str] = {
    PromotionState.DRAFT: "草稿",
    PromotionState.SCHEDULED: "未开始",
    PromotionState.RUNNING: "进行中",
    PromotionState.ENDED: "已结束",
}

_P = PromotionState
PROMOTION_FLOW = Flow(
    "mall.promotion",
    PromotionState,
    PromotionState.DRAFT,
    [
        on("publish", _P.DRAFT, _P.SCHEDULED, {Role.TRAINEE, SYSTEM}, "这个活动已经发布过了。"),
        on("start", _P.SCHEDULED, _P.RUNNING, SYSTEM),
        on("finish", _P.RUNNING, _P.ENDED, SYSTEM),
        on("stop", {_P.DRAFT, _P.SCHEDULED, _P.RUNNING}, _P.ENDED, {Role.TRAINEE, SYSTEM}, "这个活动已经结束。"),
    ],
    final=frozenset({PromotionState.ENDED}),
    names=PROMOTION_NAMES,
)


class TemplateState(StrEnum):
    """Whether a coupon can be claimed."""

    ACTIVE = "active"  # 发放中
    ENDED = "ended"  # 已停止


TEMPLATE_FLOW = Flow(
    "mall.coupon_template",
    TemplateState,
    TemplateState.ACTIVE,
    [on("stop", TemplateState.ACTIVE, TemplateState.ENDED, {Role.TRAINEE, Role.INSTRUCTOR, SYSTEM}, "已经停止发放。")],
    final=frozenset({TemplateState.ENDED}),
    names={TemplateState.ACTIVE: "发放中", TemplateState.ENDED: "已停止"},
)


class CouponState(StrEnum):
    """Where one coupon of one buyer stands."""

    UNUSED = "unused"  # 未使用
    LOCKED = "locked"  # 下单占用
    USED = "used"  # 已使用
    EXPIRED = "expired"  # 已过期
    REVOKED = "revoked"  # 已作废


COUPON_NAMES: dict[str, str] = {
    CouponState.UNUSED: "未使用",
    CouponState.LOCKED: "下单占用",
    CouponState.USED: "已使用",
    CouponState.EXPIRED: "已过期",
    CouponState.REVOKED: "已作废",
}

_C = CouponState
COUPON_FLOW = Flow(
    "mall.coupon",
    CouponState,
    CouponState.UNUSED,
    [
        on("lock", _C.UNUSED, _C.LOCKED, {Role.TRAINEE, SYSTEM}, "这张优惠券已经用在别的订单里了。"),
        on("unlock", _C.LOCKED, _C.UNUSED, SYSTEM),
        on("use", _C.LOCKED, _C.USED, SYSTEM),
        on("give_back", _C.USED, _C.UNUSED, SYSTEM),
        on("expire", _C.UNUSED, _C.EXPIRED, SYSTEM),
        on("revoke", _C.UNUSED, _C.REVOKED, SYSTEM),
    ],
    final=frozenset({CouponState.EXPIRED, CouponState.REVOKED}),
    names=COUPON_NAMES,
)


class GroupState(StrEnum):
    """Where a buying group stands."""

    FORMING = "forming"  # 拼团中
    SUCCESS = "success"  # 已成团
    FAILED = "failed"  # 未成团


GROUP_NAMES: dict[str, str] = {
    GroupState.FORMING: "拼团中",
    GroupState.SUCCESS: "已成团",
    GroupState.FAILED: "未成团",
}

GROUP_FLOW = Flow(
    "mall.group",
    GroupState,
    GroupState.FORMING,
    [
        on("fill", GroupState.FORMING, GroupState.SUCCESS, SYSTEM),
        on("fail", GroupState.FORMING, GroupState.FAILED, SYSTEM),
    ],
    final=frozenset({GroupState.SUCCESS, GroupState.FAILED}),
    names=GROUP_NAMES,
)


PROMOTION_FLOWS = (PROMOTION_FLOW, TEMPLATE_FLOW, COUPON_FLOW, GROUP_FLOW)


class CouponScope(StrEnum):
    """What a coupon is good for."""

    ALL = "all"  # 全店（平台券：全部商品）
    CATEGORY = "category"  # 指定类目
    LISTING = "listing"  # 指定商品


class CouponChannel(StrEnum):
    """How buyers come by a coupon."""

    CENTRE = "centre"  # 领券中心、店铺和商品页
    LIVE = "live"  # 直播间发放
    CHAT = "chat"  # 客服发放


CHANNEL_NAMES: dict[CouponChannel, str] = {
    CouponChannel.CENTRE: "公开领取",
    CouponChannel.LIVE: "直播间发放",
    CouponChannel.CHAT: "客服发放",
}
