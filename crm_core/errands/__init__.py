"""Errands: what has to be done at a platform, after the commit that caused it, once."""
