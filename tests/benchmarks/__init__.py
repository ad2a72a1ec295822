"""Measurements: ``./run bench`` prints them; the suite asserts no times."""
