"""Tests of the supply system."""
