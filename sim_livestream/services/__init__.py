"""What people do in and around a live room, one function per verb."""
