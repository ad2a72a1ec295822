"""The powers of the roles in a shop."""

from __future__ import annotations

from sim_mall.domain.shop_roles import POWER_NAMES, POWERS, ROLE_NAMES, ROLE_WORDS, ShopPower, ShopRole, may


def test_the_owner_may_everything_and_alone_handles_money_papers_and_members() -> None:
    assert POWERS[ShopRole.OWNER] == set(ShopPower)
    alone = {ShopPower.FUNDS, ShopPower.MONEY, ShopPower.SHOP, ShopPower.MEMBERS}
    for role in set(ShopRole) - {ShopRole.OWNER}:
        assert not POWERS[role] & alone
        assert ShopPower.DESK in POWERS[role]


def test_each_role_has_its_own_work() -> None:
    assert may(ShopRole.SERVICE, ShopPower.AFTER_SALE) and not may(ShopRole.SERVICE, ShopPower.SHIP)
    assert may(ShopRole.WAREHOUSE, ShopPower.SHIP) and not may(ShopRole.WAREHOUSE, ShopPower.AFTER_SALE)
    assert may(ShopRole.OPERATOR, ShopPower.LIVE) and not may(ShopRole.OPERATOR, ShopPower.SHIP)


def test_everything_has_a_name() -> None:
    assert set(POWER_NAMES) == set(ShopPower)
    assert set(ROLE_NAMES) == set(ROLE_WORDS) == set(POWERS) == set(ShopRole)
