"""Tests: pages of web."""
