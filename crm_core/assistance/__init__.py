"""How much a language model may be asked to help, as policy. It is asked elsewhere, and never changes anything."""
