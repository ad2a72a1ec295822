"""Tests: pure rules of accounts."""
