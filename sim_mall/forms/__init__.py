"""Forms of the mall and of the seller centre."""
