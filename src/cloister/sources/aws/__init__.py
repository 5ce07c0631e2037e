"""Documents for AWS: their shape, their faults, and their inventory."""
