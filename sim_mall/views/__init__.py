"""Pages of the mall and of the seller centre, one module per area."""
