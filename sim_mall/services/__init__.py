"""One function per business verb of the mall."""
