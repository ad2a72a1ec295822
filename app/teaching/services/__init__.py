"""What people and the platform do with tasks."""
