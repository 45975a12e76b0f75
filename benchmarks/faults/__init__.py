"""Faults made on purpose, and the account of what became of every message: `make faults`."""
