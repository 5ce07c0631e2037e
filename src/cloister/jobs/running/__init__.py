"""One step on one machine: prepared, confined, run, published."""
