"""Tests: services of services."""
