"""Simulated supply system (供销系统): suppliers, distribution library, one-click listing, order fetching."""
