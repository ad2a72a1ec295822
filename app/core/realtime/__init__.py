"""Ten thousand viewers in one process: connections without greenlets, and a fan-out that encodes once."""
