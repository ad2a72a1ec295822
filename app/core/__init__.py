"""Kernel: what every feature stands on. Imports no business package."""
