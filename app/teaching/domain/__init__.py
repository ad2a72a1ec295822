"""Pure rules of teaching: which steps a task may have, and when one is reached."""
