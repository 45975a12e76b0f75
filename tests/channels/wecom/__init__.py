"""WeCom: callbacks, cards and errors against a server that answers as the real one does."""
