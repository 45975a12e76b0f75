"""Taking writes back: each undoable command leaves its inverse, valid for 24 hours."""
