"""The web chat: the first channel and the reference renderer. Its medium is the thread kept in the database."""
