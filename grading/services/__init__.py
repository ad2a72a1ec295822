"""One function per verb of grading."""
