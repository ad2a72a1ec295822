"""Pages of classes and rosters."""
