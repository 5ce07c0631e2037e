"""Online endpoints: deployments, traffic, mirror, rollback, collection."""
