"""Controls on private zones, records and resolvers."""
