"""Pure rules of the mall: no Flask, no SQLAlchemy."""
