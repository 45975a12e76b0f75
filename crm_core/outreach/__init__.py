"""What a colleague writes to a customer himself, and what he might write."""
