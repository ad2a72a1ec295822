"""World: one run of the simulations with its own clock, seed and settings; the tenant of its rows."""
