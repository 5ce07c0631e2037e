"""Controls on machines of one's own."""
