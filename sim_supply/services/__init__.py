"""One function per business verb."""
