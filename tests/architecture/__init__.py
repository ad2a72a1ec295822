"""Rules of the architecture that are checked by reading code, tables and lock files."""
