"""Tests: services of training."""
