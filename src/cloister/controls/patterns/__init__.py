"""Controls on known-bad patterns of whole environments: what people suffer from, by its everyday name."""
