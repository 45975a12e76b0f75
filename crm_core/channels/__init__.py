"""Accounts on messaging platforms: bots, apps and service desks, and what has to be kept to speak through them."""
