"""What people do with accounts: one module per group of verbs."""
