"""Who runs what: agents, leases, the durable engine."""
