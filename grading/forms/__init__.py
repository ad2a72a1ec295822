"""Forms of grading: what comes in is parsed into typed objects here."""
