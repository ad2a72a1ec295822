"""Tests: pages of worlds."""
