"""Tables of the live rooms."""
