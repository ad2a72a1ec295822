"""Tables grading_*."""
