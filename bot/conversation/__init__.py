"""From an arrival to replies: who, what is meant, may it be done at once, what is said."""
