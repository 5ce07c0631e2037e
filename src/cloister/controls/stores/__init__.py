"""Controls on storage accounts, key vaults, registries and their data."""
