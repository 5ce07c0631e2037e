"""One reader per language; each returns an Inventory, or every fault that it found."""
