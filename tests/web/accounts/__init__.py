"""Tests: pages of accounts."""
