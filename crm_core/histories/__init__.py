"""What the records say about one customer: facts with their dates, numbers and people."""
