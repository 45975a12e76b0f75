"""What comes in over networks: stored first, then understood, whoever brought it; and which lines there are."""
