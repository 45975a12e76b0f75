"""Servers that answer as the platforms do, with faults on order and a log of what they accepted."""
