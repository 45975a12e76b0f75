"""APScheduler as a clock: it only says "look now". What is due stands in the database."""
