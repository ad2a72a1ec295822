"""Tests of the platform; see docs/development.md."""
