"""What people do with institutions, classes and rosters: one module per group of verbs."""
