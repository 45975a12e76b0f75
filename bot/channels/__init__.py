"""One folder a channel. Channels never import each other, and only a channel's folder imports its vendor's SDK."""
