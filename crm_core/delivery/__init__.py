"""What was sent, what may not have arrived, and what an admin does about it."""
