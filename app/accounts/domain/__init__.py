"""Pure rules of the account store: ID numbers, passwords, one-time codes, masking."""
