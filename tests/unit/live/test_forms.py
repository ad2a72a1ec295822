"""What is typed into the buying sheet and the price form."""

from __future__ import annotations

import pytest

from app.core.errors import InvalidInput
from sim_livestream.forms import live_prices, live_stock, receiver_of, whole


def test_prices_by_sku() -> None:
    assert live_prices({"price_7": "19.9", "price_8": "¥1,200", "limit": "3", "price_x": "1"}) == {7: 1990, 8: 120_000}


def test_live_stock_by_sku() -> None:
    assert live_stock({"stock_7": " 20 ", "stock_8": " ", "stock_x": "1", "price_7": "1"}) == {7: 20, 8: None}
    with pytest.raises(InvalidInput, match="不单独留货") as refusal:
        live_stock({"stock_7": "1.5"})
    assert refusal.value.field == "stock_7"


@pytest.mark.parametrize("text", ["", "便宜", "1.999", "1e3", "--1"])
def test_a_price_that_is_none(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        live_prices({"price_7": text})
    assert refusal.value.field == "price_7"


@pytest.mark.parametrize("text", ["", "x", "1.5", "٣", "99999999999"])
def test_a_number_that_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="请填数字"):
        whole({"n": text}, "n", "请填数字")


def test_the_default_address_or_a_typed_one() -> None:
    assert receiver_of({"address": "default", "name": "x"}) is None
    typed = receiver_of({"name": " 张\u200b三 ", "phone": "13900000001", "province": "310000", "detail": "示例路 1 号"})
    assert typed is not None
    assert (typed.name, typed.phone, typed.division_code, typed.detail) == (
        "张三",
        "13900000001",
        "310000",
        "示例路 1 号",
    )
    with pytest.raises(InvalidInput) as refusal:
        receiver_of({"name": "张三", "phone": "13900000001", "province": " ", "detail": "示例路 1 号"})
    assert refusal.value.field == "province"
