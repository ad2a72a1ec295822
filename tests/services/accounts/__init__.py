"""Tests: services of accounts."""
