"""Pages of the live rooms."""
