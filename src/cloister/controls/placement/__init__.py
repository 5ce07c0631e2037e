"""Controls on where resources stand: subscriptions, regions and networks."""
