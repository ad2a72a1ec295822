"""Tests: services of kernel."""
