"""Pure rules of the live room: no Flask, no database."""
