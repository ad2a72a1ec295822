"""Tests: pages of kernel."""
