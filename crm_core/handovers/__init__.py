"""Hand-over: all of one colleague's customers and open work go to another of the same dealer."""
