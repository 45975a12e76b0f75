"""Changes of the knowledge base: importing this registers them."""

from crm_core.knowledge import drafting, publishing  # noqa: F401
