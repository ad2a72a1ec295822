"""The permission table: every route and socket event, every role, own and other class."""
