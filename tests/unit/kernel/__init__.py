"""Tests: pure rules of kernel."""
