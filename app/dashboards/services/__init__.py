"""Figures for pages: reads only."""
