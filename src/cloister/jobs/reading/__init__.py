"""Azure ML v2 YAML read: keys, places, the official SDK, values of ours."""
