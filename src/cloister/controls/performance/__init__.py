"""Controls on whether there is enough, and whether anybody knows how much that is."""
