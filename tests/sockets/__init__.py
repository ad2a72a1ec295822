"""Tests of the live rooms."""
