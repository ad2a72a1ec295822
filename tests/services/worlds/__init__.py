"""Tests: services of worlds."""
