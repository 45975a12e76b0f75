"""The conversation: channels, cards and words. The only async room."""
