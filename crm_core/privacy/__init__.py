"""What a person may ask of us about his own data, and what colleagues may do with it only before witnesses."""
