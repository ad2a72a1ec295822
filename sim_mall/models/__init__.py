"""Tables of the mall (mall_*). Every row of a simulation carries its world."""
