"""Renewals: what a customer has that runs out or comes due on a date (insurance, inspection, maintenance …)."""
