"""Institutions, classes, rosters: who is trained, where, when and by whom."""
