"""Price of a cart (计价): terms, the pipeline (engine), refunds, and the file of ``flask mall quote``."""
