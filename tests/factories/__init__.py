"""Factories: rows for tests, made through the services where those exist."""
