"""Azure ML v2 jobs: load, plan, run durably, resume."""
