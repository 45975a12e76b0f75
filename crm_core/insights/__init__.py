"""What the figures say: a morning plan, an evening summary, a week for a manager."""
