"""Teaching (教学): flipped-classroom tasks whose steps are done by facts of the simulations, not by clicks."""
