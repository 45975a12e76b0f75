"""Channels against servers that answer as the platforms do."""
