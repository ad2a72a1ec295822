"""Tables of the supply system (supply_*)."""
