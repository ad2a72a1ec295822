"""Rules and penalties of the platform: word lists, checks, violations, sanctions, appeals."""
