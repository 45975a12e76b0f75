"""Typed pieces of text: codes, vehicles, parts, times, money, people."""
