"""Questions colleagues have answered: kept without whom they were about, to help with the next one."""
