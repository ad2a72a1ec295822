"""Virtual money: append-only double entry, balances, idempotency."""
