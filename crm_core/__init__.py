"""The truth: what happened, who may know it, and what is due. Knows no chat, no model and no HTTP."""

__version__ = "0.1.0"
