"""The HTTP side: web chat, lead intake, health and metrics."""
