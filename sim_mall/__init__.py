"""The simulated mall (模拟商城): shops, goods, orders, money in escrow, after-sale; the hub of the simulations."""
