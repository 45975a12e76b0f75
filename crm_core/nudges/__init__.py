"""Who has not answered yet, and reminding him by hand."""
