"""Grading: practice outcome (实践成果), plan (规划书), blind scoring by drawn non-teaching assessors (评审)."""
