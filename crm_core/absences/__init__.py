"""Absences: who is away, who stands in, and where the work goes meanwhile."""
