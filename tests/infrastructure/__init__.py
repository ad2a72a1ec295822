"""What the tests bring up themselves: PostgreSQL, Redis, databases from templates, real servers."""
