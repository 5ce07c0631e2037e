"""Controls on networks, filters, routes and endpoints."""
