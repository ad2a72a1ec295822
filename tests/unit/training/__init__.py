"""Tests: pure rules of training."""
