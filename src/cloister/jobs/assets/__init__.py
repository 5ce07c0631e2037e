"""What jobs take and make: code, data, models, components, environments."""
