"""Tests: pages of training."""
