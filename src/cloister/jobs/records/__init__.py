"""What the database holds of jobs."""
