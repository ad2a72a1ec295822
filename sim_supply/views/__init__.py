"""Pages of the supply system."""
