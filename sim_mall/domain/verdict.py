"""Verdict by rule (系统裁决) when the time for evidence in a dispute (平台介入) is over."""

from __future__ import annotations

from dataclasses import dataclass

from sim_mall.domain.aftersale_flow import SELLERS_FAULT, Reason


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What the rule looks at. *_words, *_pictures: how much evidence each side gave."""

    reason: Reason
    buyer_words: int
    buyer_pictures: int
    seller_words: int
    seller_pictures: int
    goods_reached_buyer: bool  # the goods of the ticket were signed for, or sent again
    goods_came_back: bool  # the buyer has sent the goods back
    sent_again: bool  # exchanged or missing goods are on their way


@dataclass(frozen=True, slots=True)
class Verdict:
    """for_buyer: money goes back; why: one Chinese sentence that teaches the rule."""

    for_buyer: bool
    why: str


def verdict_by_rule(facts: DisputeFacts) -> Verdict:
    """Decide: who is silent loses; who claims a fault proves it; who has sent goods back has kept to the rule."""
    if facts.sent_again and facts.reason is not Reason.QUALITY:
        return Verdict(False, "卖家已经重新发货，请收到后确认；仍有质量问题可以再次申请。")
    if not facts.goods_reached_buyer and not facts.sent_again:
        return Verdict(True, "没有买家签收的记录，货款应退还买家。")
    if not facts.seller_words and (facts.buyer_words or facts.goods_came_back):
        return Verdict(True, "卖家在举证期内没有举证，支持买家。")
    if not facts.buyer_words and not facts.goods_came_back:
        return Verdict(False, "买家在举证期内没有举证，支持卖家。")
    if facts.goods_came_back and facts.seller_pictures == 0:
        return Verdict(True, "买家已寄回商品，卖家没有提供商品受损的图片，支持买家。")
    if facts.reason in SELLERS_FAULT:
        if facts.buyer_pictures > 0 and facts.seller_pictures == 0:
            return Verdict(True, "买家提供了图片，卖家没有图片反驳，支持买家。")
        return Verdict(False, "买家没有提供更有力的图片证据，支持卖家；谁主张，谁举证。")
    return Verdict(False, "双方都有举证，卖家的图片证明商品影响再次销售，不适用七天无理由退货。")
