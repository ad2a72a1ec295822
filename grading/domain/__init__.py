"""Pure rules of grading: no Flask, no SQLAlchemy."""
